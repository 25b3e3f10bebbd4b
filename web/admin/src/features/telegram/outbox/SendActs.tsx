import { ActionIcon, Button, Menu } from "@mantine/core";
import type { TelegramSend } from "@meydan/client";
import { EllipsisVertical, Pin, RotateCcw, Trash2, X } from "lucide-react";
import { useState } from "react";
import { Confirm } from "@/components/dialogs";
import { LinkButton } from "@/components/LinkButton";
import { useMay, useMe } from "@/session/session";
import { useText } from "@/text/useText";
import styles from "./SendRow.module.css";
import { texts } from "./texts";
import { useSendActions } from "./useSendActions";

const RETRIED: ReadonlySet<TelegramSend["state"]> = new Set(["failed", "expired", "cancelled"]);
const MESSAGES: ReadonlySet<string> = new Set(["sendMessage", "sendPhoto", "sendVoice", "sendDocument"]);

/** What can be done about a send where it stands now. */
export function SendActs({ send }: { send: TelegramSend }) {
  const t = useText(texts);
  const { user } = useMe();
  const sends = useMay("telegram:send");
  const manages = useMay("telegram:manage");
  const { cancel, retry } = useSendActions();
  if (send.state === "maybe_sent" && manages) {
    return (
      <LinkButton to="/telegram/giden" search={{ durum: "maybe_sent" }} size="xs" variant="light">
        {t("decide")}
      </LinkButton>
    );
  }
  if (!sends || (!manages && send.created_by !== user.id)) return null;
  if (send.state === "queued" || send.state === "stopped") {
    return (
      <Button
        size="xs"
        variant="subtle"
        color="gray"
        leftSection={<X size={14} />}
        onClick={() => cancel.mutate(send.id)}
      >
        {t("cancel")}
      </Button>
    );
  }
  if (RETRIED.has(send.state)) {
    return (
      <Button size="xs" variant="light" leftSection={<RotateCcw size={14} />} onClick={() => retry.mutate(send.id)}>
        {t("retry")}
      </Button>
    );
  }
  return send.state === "sent" && MESSAGES.has(send.method) ? <SentMenu send={send} /> : null;
}

/** What is in a chat can be pinned there, or taken back. */
function SentMenu({ send }: { send: TelegramSend }) {
  const t = useText(texts);
  const [asking, setAsking] = useState(false);
  const { pin, erase } = useSendActions();
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t("actions", { text: send.preview.slice(0, 60) })}>
            <EllipsisVertical size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pin size={16} />} onClick={() => pin.mutate(send.id)}>
            {t("pin")}
          </Menu.Item>
          <Menu.Item c="var(--mercan-ink)" leftSection={<Trash2 size={16} />} onClick={() => setAsking(true)}>
            {t("erase")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("erase.title")}
        detail={t("erase.detail")}
        action={t("erase")}
        busy={erase.isPending}
        error={erase.error}
        onConfirm={() => erase.mutate(send.id, { onSuccess: () => setAsking(false) })}
      >
        <blockquote className={styles.quote}>{send.preview}</blockquote>
      </Confirm>
    </>
  );
}
