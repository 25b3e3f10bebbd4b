import { Button, Group, Modal, PasswordInput, Radio, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { data, type TelegramBot } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { useFields } from "@/components/form";
import { FormProblem } from "@/components/States";
import { toast } from "@/components/toasts";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { refresh } from "../queries";
import { texts } from "./texts";
import { useTokenProblem } from "./useTokenProblem";

interface Props {
  opened: boolean;
  onClose: () => void;
  /** The page of the fake Telegram, where one runs. */
  trial: string | null;
}

export function AddBot({ opened, onClose, trial }: Props) {
  const t = useText(texts);
  const navigate = useNavigate();
  const [way, setWay] = useState<"token" | "trial">("token");
  const added = (bot: TelegramBot) => {
    void refresh();
    onClose();
    toast(t("added", { name: bot.username }));
    void navigate({ to: "/telegram/bot/$botId", params: { botId: bot.id } });
  };
  const Form = way === "trial" && trial ? TrialForm : TokenForm;
  return (
    <Modal opened={opened} onClose={onClose} title={t("add")}>
      <Stack>
        {trial && (
          <SegmentedControl
            aria-label={t("way")}
            value={way}
            onChange={(value) => setWay(value as "token" | "trial")}
            data={[
              { value: "token", label: t("way.token") },
              { value: "trial", label: t("way.trial") },
            ]}
          />
        )}
        <Form onAdded={added} onClose={onClose} />
      </Stack>
    </Modal>
  );
}

interface FormProps {
  onAdded: (bot: TelegramBot) => void;
  onClose: () => void;
}

function TokenForm({ onAdded, onClose }: FormProps) {
  const t = useText(texts);
  const form = useFields({ token: "", mode: "polling" as "polling" | "webhook" }, bodies["POST /api/v1/telegram/bots"]);
  const problem = useTokenProblem();
  const add = useMutation({
    mutationFn: () => data(api.POST("/api/v1/telegram/bots", { body: form.values })),
    onSuccess: onAdded,
    onError: (error) => problem.set(form.refused(error)),
  });
  const submit = () => {
    problem.set(null);
    if (form.check()) add.mutate();
  };
  return (
    <Fields onSubmit={submit} onClose={onClose} action={t("add")} busy={add.isPending}>
      <PasswordInput
        name="token"
        label={t("token")}
        description={t("token.hint")}
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
      <ModeChoice value={form.values.mode} onChange={(mode) => form.set("mode", mode)} />
      <FormProblem error={problem.beside} />
    </Fields>
  );
}

function TrialForm({ onAdded, onClose }: FormProps) {
  const t = useText(texts);
  const form = useFields({ name: "", username: "" }, bodies["POST /api/v1/telegram/trial-bots"]);
  const [problem, setProblem] = useState<unknown>(null);
  const make = useMutation({
    mutationFn: () => data(api.POST("/api/v1/telegram/trial-bots", { body: form.values })),
    onSuccess: onAdded,
    onError: (error) => setProblem(form.refused(error)),
  });
  const submit = () => {
    setProblem(null);
    if (form.check()) make.mutate();
  };
  return (
    <Fields onSubmit={submit} onClose={onClose} action={t("trial.make")} busy={make.isPending}>
      <Text size="sm" c="dimmed">
        {t("trial.make.detail")}
      </Text>
      <TextInput
        name="name"
        label={t("name")}
        value={form.values.name}
        error={form.errors.name}
        autoComplete="off"
        onChange={(event) => form.set("name", event.currentTarget.value)}
      />
      <TextInput
        name="username"
        label={t("username")}
        description={t("username.hint")}
        value={form.values.username}
        error={form.errors.username}
        leftSection="@"
        autoCapitalize="none"
        autoComplete="off"
        onChange={(event) => form.set("username", event.currentTarget.value.trim().replace(/^@/, ""))}
      />
      <FormProblem error={problem} />
    </Fields>
  );
}

function Fields({
  onSubmit,
  onClose,
  action,
  busy,
  children,
}: {
  onSubmit: () => void;
  onClose: () => void;
  action: string;
  busy: boolean;
  children: ReactNode;
}) {
  const t = useText(texts);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        {children}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

type Mode = "polling" | "webhook";

/** How a bot's updates come in. */
export function ModeChoice({ value, onChange }: { value: Mode; onChange: (mode: Mode) => void }) {
  const t = useText(texts);
  return (
    <Radio.Group label={t("mode")} value={value} onChange={(mode) => onChange(mode as Mode)}>
      <Stack gap={8} mt={8}>
        {(["polling", "webhook"] as const).map((mode) => (
          <Radio key={mode} value={mode} label={t(`mode.${mode}`)} description={t(`mode.${mode}.hint`)} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
