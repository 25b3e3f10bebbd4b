import { data } from "@meydan/client";
import { useMutation } from "@tanstack/react-query";
import { toast } from "@/components/toasts";
import { useComplain } from "@/components/useComplain";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { refresh } from "../queries";
import { texts } from "./texts";

export type Decision = "sent" | "again" | "failed";

/** Lead sends on: out of the queue, into it again, or out of doubt. */
export function useSendActions() {
  const t = useText(texts);
  const complain = useComplain();
  const onSettled = () => void refresh();
  const retry = useMutation({
    mutationFn: (id: string) =>
      data(api.POST("/api/v1/telegram/outbox/{send_id}/retry", { params: { path: { send_id: id } } })),
    onSuccess: () => toast(t("retried")),
    onError: complain,
    onSettled,
  });
  const cancel = useMutation({
    mutationFn: (id: string) =>
      data(api.POST("/api/v1/telegram/outbox/{send_id}/cancel", { params: { path: { send_id: id } } })),
    onSuccess: (send) => toast(t("cancelled"), { action: { label: t("undo"), run: () => retry.mutate(send.id) } }),
    onError: complain,
    onSettled,
  });
  const decide = useMutation({
    mutationFn: ({ id, decision }: { id: string; decision: Decision }) =>
      data(
        api.POST("/api/v1/telegram/outbox/{send_id}/decision", {
          params: { path: { send_id: id } },
          body: { decision },
        }),
      ),
    onSuccess: (_, { decision }) => toast(t(`decided.${decision}`)),
    onError: complain,
    onSettled,
  });
  const pin = useMutation({
    mutationFn: (id: string) =>
      data(api.POST("/api/v1/telegram/outbox/{send_id}/pin", { params: { path: { send_id: id } } })),
    onSuccess: () => toast(t("pinned")),
    onError: complain,
    onSettled,
  });
  const erase = useMutation({
    mutationFn: (id: string) =>
      data(api.DELETE("/api/v1/telegram/outbox/{send_id}", { params: { path: { send_id: id } } })),
    onSuccess: () => toast(t("erased")),
    onSettled,
  });
  return { retry, cancel, decide, pin, erase };
}
