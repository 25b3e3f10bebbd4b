import { Button, CopyButton, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useText } from "@/text/useText";
import { FormProblem } from "./States";
import { texts } from "./texts";

interface ConfirmProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  detail: string;
  /** The name to type. */
  name: string;
  action: string;
  onConfirm: () => void;
  busy?: boolean;
  error?: unknown;
}

/** An act that cannot be undone asks for the thing's name. */
export function ConfirmByName({ opened, onClose, title, detail, name, action, onConfirm, busy, error }: ConfirmProps) {
  const t = useText(texts);
  const [typed, setTyped] = useState("");
  useEffect(() => {
    if (opened) setTyped("");
  }, [opened]);
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() === name) onConfirm();
        }}
      >
        <Stack>
          <Text size="sm">{detail}</Text>
          <TextInput
            label={t("confirm.type", { name })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
          <FormProblem error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" color="mercan" disabled={typed.trim() !== name} loading={busy}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface AskProps extends Omit<ConfirmProps, "name"> {
  children?: ReactNode;
}

/** An act on what has no name asks once. */
export function Confirm({ opened, onClose, title, detail, action, onConfirm, busy, error, children }: AskProps) {
  const t = useText(texts);
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <Stack>
        <Text size="sm">{detail}</Text>
        {children}
        <FormProblem error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button color="mercan" loading={busy} onClick={onConfirm}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** A secret that is shown once, with a button that copies it. */
export function ShownOnce({ value, label }: { value: string; label: string }) {
  const t = useText(texts);
  return (
    <Stack gap={6}>
      <TextInput
        label={label}
        value={value}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Text size="sm" c="dimmed">
          {t("once")}
        </Text>
        <CopyAction value={value} />
      </Group>
    </Stack>
  );
}

/** A secret in a dialog of its own, which no stray key or click puts away before it is kept. */
export function OnceDialog({ title, label, value, onClose }: OnceProps) {
  const t = useText(texts);
  return (
    <Modal
      opened={value !== undefined}
      onClose={onClose}
      title={title}
      closeOnEscape={false}
      closeOnClickOutside={false}
    >
      <Stack>
        <ShownOnce label={label} value={value ?? ""} />
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("once.kept")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

interface OnceProps {
  title: string;
  label: string;
  /** The dialog is open while there is one. */
  value: string | undefined;
  onClose: () => void;
}

export function CopyAction({ value, children }: { value: string; children?: ReactNode }) {
  const t = useText(texts);
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          variant="light"
          onClick={copy}
          leftSection={copied ? <Check size={15} /> : <Copy size={15} />}
          style={{ flex: "none" }}
        >
          {copied ? t("copied") : (children ?? t("copy"))}
        </Button>
      )}
    </CopyButton>
  );
}
