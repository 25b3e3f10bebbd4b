import { ActionIcon, Button, Group, Menu, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { data, type TelegramBot } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { EllipsisVertical, KeyRound, Play, ShieldCheck, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import { ConfirmByName } from "@/components/dialogs";
import { useFields } from "@/components/form";
import { FormProblem } from "@/components/States";
import { toast } from "@/components/toasts";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { refresh } from "../queries";
import { texts } from "./texts";
import { useBotActions } from "./useBotActions";
import { useTokenProblem } from "./useTokenProblem";

/** What can be done to a bot. */
export function BotMenu({ bot, onRemoved }: { bot: TelegramBot; onRemoved?: () => void }) {
  const t = useText(texts);
  const { name } = bot;
  const { enable, verify } = useBotActions(bot);
  const [asking, setAsking] = useState<"token" | "remove" | null>(null);
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/telegram/bots/{bot_id}", { params: { path: { bot_id: bot.id } } }),
    onSuccess: () => {
      setAsking(null);
      toast(t("removed", { name }));
      onRemoved?.();
      void refresh();
    },
  });
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("actions", { name })}>
            <EllipsisVertical size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {bot.enabled ? (
            <Menu.Item leftSection={<Square size={16} />} onClick={() => enable.mutate(false)}>
              {t("stop")}
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<Play size={16} />} onClick={() => enable.mutate(true)}>
              {t("start")}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<ShieldCheck size={16} />} onClick={() => verify.mutate()}>
            {t("verify")}
          </Menu.Item>
          <Menu.Item leftSection={<KeyRound size={16} />} onClick={() => setAsking("token")}>
            {t("new-token")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item c="var(--mercan-ink)" leftSection={<Trash2 size={16} />} onClick={() => setAsking("remove")}>
            {t("remove")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={asking === "token"} onClose={() => setAsking(null)} title={t("new-token.title", { name })}>
        <NewToken bot={bot} onClose={() => setAsking(null)} />
      </Modal>
      <ConfirmByName
        opened={asking === "remove"}
        onClose={() => setAsking(null)}
        title={t("remove.title", { name })}
        detail={t("remove.detail")}
        name={name}
        action={t("remove")}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
      />
    </>
  );
}

function NewToken({ bot, onClose }: { bot: TelegramBot; onClose: () => void }) {
  const t = useText(texts);
  const form = useFields({ token: "" }, { ...bodies["PATCH /api/v1/telegram/bots/{bot_id}"], required: ["token"] });
  const problem = useTokenProblem();
  const save = useMutation({
    mutationFn: () =>
      data(
        api.PATCH("/api/v1/telegram/bots/{bot_id}", {
          params: { path: { bot_id: bot.id } },
          body: { token: form.values.token, enabled: true },
        }),
      ),
    onSuccess: () => {
      toast(t("new-token.saved", { name: bot.name }));
      onClose();
      void refresh();
    },
    onError: (error) => problem.set(form.refused(error)),
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        problem.set(null);
        if (form.check()) save.mutate();
      }}
    >
      <Stack>
        <Text size="sm">{t("new-token.detail")}</Text>
        <PasswordInput
          name="token"
          label={t("token")}
          value={form.values.token}
          error={form.errors.token ?? problem.atToken}
          aria-invalid={Boolean(form.errors.token ?? problem.atToken)}
          autoComplete="off"
          visibilityToggleButtonProps={{ "aria-label": t("token.show") }}
          onChange={(event) => {
            form.set("token", event.currentTarget.value.trim());
            problem.set(null);
          }}
          data-autofocus
        />
        <FormProblem error={problem.beside} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t("new-token.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
