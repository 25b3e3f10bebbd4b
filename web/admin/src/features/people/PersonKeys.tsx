import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { type ApiKey, data, type User } from "@meydan/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Moment } from "@/components/Moment";
import { Empty, Failed, Loading } from "@/components/States";
import { toast } from "@/components/toasts";
import { useComplain } from "@/components/useComplain";
import { queries } from "@/session/queries";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { texts } from "./texts";

/** The API keys of somebody whom one manages, each with a way to stop it. */
export function PersonKeys({ user, opened, onClose }: { user: User; opened: boolean; onClose: () => void }) {
  const t = useText(texts);
  const complain = useComplain();
  const key = ["users", user.id, "keys"];
  const keys = useQuery({
    queryKey: key,
    queryFn: async () =>
      (await data(api.GET("/api/v1/users/{user_id}/api-keys", { params: { path: { user_id: user.id } } }))).items,
    enabled: opened,
  });
  const remove = useMutation({
    mutationFn: (held: ApiKey) =>
      api.DELETE("/api/v1/users/{user_id}/api-keys/{key_id}", {
        params: { path: { user_id: user.id, key_id: held.id } },
      }),
    onSuccess: (_, held) => {
      toast(t("keys.deleted", { name: held.name }));
      void queries.invalidateQueries({ queryKey: key });
    },
    onError: complain,
  });
  return (
    <Modal opened={opened} onClose={onClose} title={t("keys.title", { name: user.name })}>
      {keys.isPending && <Loading label={t("keys.loading")} rows={2} />}
      {keys.isError && <Failed error={keys.error} retry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && <Empty title={t("keys.empty")} />}
      <Stack gap="md">
        {keys.data?.map((held) => (
          <Group key={held.id} justify="space-between" wrap="nowrap">
            <span>
              <Text fw={550}>{held.name}</Text>
              <Text size="sm" c="dimmed">
                <code>{held.prefix}…</code> · {held.scopes.join(", ")} · {t("keys.used")}:{" "}
                <Moment at={held.last_used_at} none={t("never")} />
              </Text>
            </span>
            <Button
              size="xs"
              variant="light"
              color="mercan"
              aria-label={t("keys.delete.of", { name: held.name })}
              loading={remove.isPending && remove.variables.id === held.id}
              onClick={() => remove.mutate(held)}
            >
              {t("keys.delete")}
            </Button>
          </Group>
        ))}
      </Stack>
    </Modal>
  );
}
