import { ActionIcon, Menu, Popover, Tooltip } from "@mantine/core";
import { type Message, RequestFailed } from "@meydan/client";
import { Copy, EllipsisVertical, Link2, Pencil, Reply, SmilePlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "@/components/toasts";
import { useMay } from "@/session/session";
import { useText } from "@/text/useText";
import type { RowActions } from "./MessageRow";
import styles from "./MessageTools.module.css";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

const REACTIONS = ["👍", "❤️", "😄", "😮", "😢", "🙏", "🔥", "📈", "📉", "👀"] as const;

interface Props extends Pick<RowActions, "onReply" | "onEdit" | "moderates"> {
  room: string;
  message: Message;
  own: boolean;
  /** The menu opens by its button, or by a long press on the message. */
  menu: boolean;
  onMenu: (open: boolean) => void;
}

/** What one can do with a message. */
export function MessageTools({ room, message, own, menu, onMenu, onReply, onEdit, moderates }: Props) {
  const t = useText(texts);
  const store = useRoomsStore();
  const moderator = useMay("rooms:moderate");
  const [picking, setPicking] = useState(false);
  const lost = t("problem.lost");
  const mayDelete = own || moderates || moderator;
  return (
    <div className={styles.toolbar} role="toolbar" aria-label={t("actions")} data-open={picking || menu || undefined}>
      <Popover opened={picking} onChange={setPicking} position="top" shadow="md" trapFocus returnFocus>
        <Popover.Target>
          <Tooltip label={t("react")} disabled={picking}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={30}
              aria-label={t("react")}
              onClick={() => setPicking(!picking)}
            >
              <SmilePlus size={17} />
            </ActionIcon>
          </Tooltip>
        </Popover.Target>
        <Popover.Dropdown p={6}>
          <div className={styles.picker}>
            {REACTIONS.map((emoji) => (
              <button
                key={emoji}
                type="button"
                aria-label={t("react.with", { emoji })}
                onClick={() => {
                  setPicking(false);
                  void react(store, room, message, emoji, false, lost);
                }}
              >
                {emoji}
              </button>
            ))}
          </div>
        </Popover.Dropdown>
      </Popover>
      <Tooltip label={t("reply")}>
        <ActionIcon variant="subtle" color="gray" size={30} aria-label={t("reply")} onClick={() => onReply(message)}>
          <Reply size={17} />
        </ActionIcon>
      </Tooltip>
      <Menu opened={menu} onChange={onMenu}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={30} aria-label={t("actions")}>
            <EllipsisVertical size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={styles.quick}>
            {REACTIONS.slice(0, 6).map((emoji) => (
              <button
                key={emoji}
                type="button"
                aria-label={t("react.with", { emoji })}
                onClick={() => {
                  onMenu(false);
                  void react(store, room, message, emoji, false, lost);
                }}
              >
                {emoji}
              </button>
            ))}
          </div>
          <Menu.Item leftSection={<Reply size={16} />} onClick={() => onReply(message)}>
            {t("reply")}
          </Menu.Item>
          <Menu.Item leftSection={<Copy size={16} />} onClick={() => void copy(message.icerik, t("copied"))}>
            {t("copy-text")}
          </Menu.Item>
          <Menu.Item
            leftSection={<Link2 size={16} />}
            onClick={() => void copy(`${location.origin}/oda/${room}?ileti=${message.id}`, t("copied"))}
          >
            {t("copy-link")}
          </Menu.Item>
          {own && (
            <Menu.Item leftSection={<Pencil size={16} />} onClick={() => onEdit(message)}>
              {t("edit")}
            </Menu.Item>
          )}
          {mayDelete && (
            <Menu.Item
              c="var(--mercan-ink)"
              leftSection={<Trash2 size={16} />}
              onClick={() => void store.remove(room, message.id).catch((error) => complain(error, lost))}
            >
              {t("delete")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

type Store = ReturnType<typeof useRoomsStore>;

export async function react(store: Store, room: string, message: Message, emoji: string, off: boolean, lost: string) {
  try {
    await store.socket?.react(room, message.id, emoji, off);
  } catch (error) {
    complain(error, lost);
  }
}

/** Put a refused act into a toast, in the server's words. */
export function complain(error: unknown, lost: string): void {
  const problem = error instanceof RequestFailed ? error.problem : null;
  toast(problem?.ayrinti || problem?.baslik || lost, { kind: "problem" });
}

async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast(text, { seconds: 15 });
  }
}
