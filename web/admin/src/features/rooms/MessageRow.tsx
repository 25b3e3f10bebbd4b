import { ActionIcon, Menu, Popover, Tooltip } from "@mantine/core";
import { type Message, RequestFailed } from "@meydan/client";
import { Copy, EllipsisVertical, Link2, Pencil, Reply, SmilePlus, Trash2 } from "lucide-react";
import { memo, useState } from "react";
import { Avatar } from "@/components/Avatar";
import { SimBadge } from "@/components/Badges";
import { toast } from "@/components/toasts";
import { useMay } from "@/session/session";
import { dateTime, time } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import styles from "./MessageRow.module.css";
import { MessageText } from "./MessageText";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

export const REACTIONS = ["👍", "❤️", "😄", "😮", "😢", "🙏", "🔥", "📈", "📉", "👀"] as const;

export interface RowActions {
  onReveal: (id: string) => void;
  onReply: (message: Message) => void;
  onEdit: (message: Message) => void;
  /** Whether this person may take anyone's message back here. */
  moderates: boolean;
}

interface Props extends RowActions {
  room: string;
  message: Message;
  first: boolean;
  last: boolean;
  me: string | null;
  flash: boolean;
  deleting: boolean;
}

export const MessageRow = memo(
  function MessageRow({ room, message, first, last, me, flash, deleting, ...actions }: Props) {
    const t = useText(texts);
    const locale = useLocale();
    const store = useRoomsStore();
    const own = message.gonderen_id === me;
    const gone = message.silindi || deleting;
    const mentioned = me !== null && message.bahsedilenler.includes(me);
    return (
      // biome-ignore lint/a11y/useSemanticElements: a row of a log, not an article of its own
      <div
        className={styles.row}
        role="article"
        aria-label={`${message.gonderen_ad}, ${time(locale, message.zaman)}`}
        tabIndex={-1}
        data-message={message.id}
        data-own={own || undefined}
        data-first={first || undefined}
        data-last={last || undefined}
        data-flash={flash || undefined}
        data-mentioned={(mentioned && !own) || undefined}
      >
        {!own && (
          <span className={styles.face}>
            {first && <Avatar name={message.gonderen_ad} id={message.gonderen_id} size={34} />}
          </span>
        )}
        <div className={styles.body}>
          {first && !own && (
            <div className={styles.head}>
              <strong>{message.gonderen_ad}</strong>
              {message.simulated && <SimBadge />}
              {message.misafir && <span className={styles.guest}>{t("guest")}</span>}
            </div>
          )}
          <div className={styles.line}>
            <div className={styles.bubble} data-gone={gone || undefined}>
              {message.yanit && !gone && <QuoteOf message={message} onReveal={actions.onReveal} />}
              {gone ? (
                <Gone room={room} message={message} deleting={deleting} />
              ) : (
                <MessageText text={message.icerik} me={me} />
              )}
              <span className={styles.meta}>
                {message.duzenlendi && !gone && (
                  <span title={t("edited.at", { when: dateTime(locale, message.duzenlendi) })}>{t("edited")}</span>
                )}
                <time className="numbers" dateTime={message.zaman} title={dateTime(locale, message.zaman)}>
                  {time(locale, message.zaman)}
                </time>
              </span>
            </div>
            {me !== null && !gone && <Toolbar room={room} message={message} own={own} {...actions} />}
          </div>
          {message.tepkiler.length > 0 && !gone && (
            <div className={styles.reactions}>
              {message.tepkiler.map((reaction) => {
                const mine = me !== null && reaction.kullanicilar.includes(me);
                return (
                  <button
                    key={reaction.emoji}
                    type="button"
                    className={styles.reaction}
                    data-mine={mine || undefined}
                    aria-pressed={mine}
                    disabled={me === null}
                    title={reaction.kullanicilar.map((id) => store.nameOf(id)).join(", ")}
                    aria-label={
                      mine
                        ? t("reaction.mine", { emoji: reaction.emoji, n: reaction.sayi })
                        : t("reaction", { emoji: reaction.emoji, n: reaction.sayi })
                    }
                    onClick={() => void react(store, room, message, reaction.emoji, mine, t("problem.lost"))}
                  >
                    <span>{reaction.emoji}</span> <span className="numbers">{reaction.sayi}</span>
                  </button>
                );
              })}
            </div>
          )}
        </div>
      </div>
    );
  },
  (a, b) =>
    a.message === b.message &&
    a.first === b.first &&
    a.last === b.last &&
    a.me === b.me &&
    a.flash === b.flash &&
    a.deleting === b.deleting &&
    a.moderates === b.moderates,
);

function QuoteOf({ message, onReveal }: { message: Message; onReveal: (id: string) => void }) {
  const t = useText(texts);
  const store = useRoomsStore();
  const quote = message.yanit_ozet;
  const id = message.yanit;
  if (!quote?.icerik || !id) return <span className={styles.quote}>{t("reply.gone")}</span>;
  return (
    <button type="button" className={styles.quote} onClick={() => onReveal(id)}>
      <strong>{store.nameOf(quote.gonderen_id)}</strong>
      <span>{quote.icerik}</span>
    </button>
  );
}

function Gone({ room, message, deleting }: { room: string; message: Message; deleting: boolean }) {
  const t = useText(texts);
  const store = useRoomsStore();
  return (
    <span className={styles.gone}>
      {deleting ? t("deleting") : t("deleted")}
      {deleting && (
        <button type="button" onClick={() => store.undoRemove(room, message.id)}>
          {t("undo")}
        </button>
      )}
    </span>
  );
}

function Toolbar({
  room,
  message,
  own,
  onReply,
  onEdit,
  moderates,
}: Pick<RowActions, "onReply" | "onEdit" | "moderates"> & { room: string; message: Message; own: boolean }) {
  const t = useText(texts);
  const store = useRoomsStore();
  const moderator = useMay("rooms:moderate");
  const [picking, setPicking] = useState(false);
  const [menu, setMenu] = useState(false);
  const lost = t("problem.lost");
  const mayDelete = own || moderates || moderator;
  return (
    <div className={styles.toolbar} role="toolbar" aria-label={t("actions")} data-open={picking || menu || undefined}>
      <Popover opened={picking} onChange={setPicking} position="top" shadow="md" trapFocus returnFocus>
        <Popover.Target>
          <Tooltip label={t("react")}>
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
      <Menu opened={menu} onChange={setMenu}>
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
                  setMenu(false);
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
              color="mercan"
              leftSection={<Trash2 size={16} />}
              onClick={() => store.remove(room, message.id, (error) => complain(error, lost))}
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

async function react(store: Store, room: string, message: Message, emoji: string, off: boolean, lost: string) {
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
