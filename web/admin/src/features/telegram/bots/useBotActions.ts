import { data, type TelegramBot } from "@meydan/client";
import { useMutation } from "@tanstack/react-query";
import { toast } from "@/components/toasts";
import { useComplain } from "@/components/useComplain";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { refresh } from "../queries";
import { texts } from "./texts";

type Change = { enabled?: boolean; mode?: "polling" | "webhook" };

/** Start, stop and check a bot, and say how it went. */
export function useBotActions({ id, name }: TelegramBot) {
  const t = useText(texts);
  const complain = useComplain();
  const patch = (body: Change) =>
    data(api.PATCH("/api/v1/telegram/bots/{bot_id}", { params: { path: { bot_id: id } }, body }));
  const enable = useMutation({
    mutationFn: (enabled: boolean) => patch({ enabled }),
    onSuccess: (bot) => {
      void refresh();
      toast(t(bot.enabled ? "started" : "stopped", { name }), {
        action: { label: t("undo"), run: () => enable.mutate(!bot.enabled) },
      });
    },
    onError: complain,
  });
  const setMode = useMutation({
    mutationFn: (mode: "polling" | "webhook") => patch({ mode }),
    onSuccess: () => void refresh(),
    onError: complain,
  });
  const verify = useMutation({
    mutationFn: () => data(api.POST("/api/v1/telegram/bots/{bot_id}/verify", { params: { path: { bot_id: id } } })),
    onSuccess: () => {
      void refresh();
      toast(t("verified", { name }));
    },
    onError: complain,
  });
  return { enable, setMode, verify };
}
