import type { Message } from "@meydan/client";
import { EllipsisVertical } from "lucide-react";
import { memo, useRef, useState } from "react";
import { Avatar } from "@/components/Avatar";
import { SimBadge } from "@/components/Badges";
import { useNamed } from "@/components/useNamed";
import { dateTime, time } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import styles from "./MessageRow.module.css";
import { MessageText } from "./MessageText";
import { complain, MessageTools, react } from "./MessageTools";
import { inWords } from "./parts";
import { useRoomsStore } from "./store";
import { texts } from "./texts";
import { useLongPress } from "./useLongPress";

/** A row that only scrolls past under the pointer is not one that is pointed at. */
const DWELL_MS = 60;

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
  undoable: boolean;
}

export const MessageRow = memo(
  function MessageRow({ room, message, first, last, me, flash, undoable, ...actions }: Props) {
    const t = useText(texts);
    const locale = useLocale();
    const store = useRoomsStore();
    const own = message.gonderen_id === me;
    const gone = message.silindi;
    const edited = gone ? null : message.duzenlendi;
    // A thousand closed menus cost more than a thousand messages: a row gets its tools when one comes near it.
    const dwell = useRef<ReturnType<typeof setTimeout>>(undefined);
    const [near, setNear] = useState<"no" | "near" | "menu">("no");
    const press = useLongPress(me !== null && !gone ? () => setNear("menu") : null);
    const mentioned = me !== null && message.bahsedilenler.includes(me);
    return (
      // biome-ignore lint/a11y/useSemanticElements: a row of a log, not an article of its own
      <div
        className={styles.row}
        role="article"
        aria-label={`${message.gonderen_ad}, ${time(locale, message.zaman)}`}
        tabIndex={-1}
        data-row
        onPointerEnter={(event) => {
          if (event.pointerType !== "mouse" || near !== "no") return;
          dwell.current = setTimeout(() => setNear((now) => (now === "no" ? "near" : now)), DWELL_MS);
        }}
        onPointerLeave={() => clearTimeout(dwell.current)}
        {...press}
        onFocus={(event) => near === "no" && event.target.matches(":focus-visible") && setNear("near")}
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
            <div
              className={styles.bubble}
              data-gone={gone || undefined}
              title={last ? undefined : dateTime(locale, message.zaman)}
            >
              {message.yanit && !gone && <QuoteOf message={message} onReveal={actions.onReveal} />}
              {gone ? (
                <Gone room={room} message={message} undoable={undoable} />
              ) : (
                <MessageText text={message.icerik} me={me} />
              )}
              {(last || edited) && (
                <span className={styles.meta}>
                  {edited && <span title={t("edited.at", { when: dateTime(locale, edited) })}>{t("edited")}</span>}
                  {last && (
                    <time className="numbers" dateTime={message.zaman} title={dateTime(locale, message.zaman)}>
                      {time(locale, message.zaman)}
                    </time>
                  )}
                </span>
              )}
            </div>
            {me !== null && !gone && (
              <span className={styles.tools}>
                {near === "no" ? (
                  <button
                    type="button"
                    className={styles.hint}
                    aria-label={t("actions")}
                    onClick={() => setNear("menu")}
                  >
                    <EllipsisVertical size={17} />
                  </button>
                ) : (
                  <MessageTools
                    room={room}
                    message={message}
                    own={own}
                    menu={near === "menu"}
                    onMenu={(open) => setNear(open ? "menu" : "near")}
                    {...actions}
                  />
                )}
              </span>
            )}
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
    a.undoable === b.undoable &&
    a.moderates === b.moderates,
);

function QuoteOf({ message, onReveal }: { message: Message; onReveal: (id: string) => void }) {
  const t = useText(texts);
  const named = useNamed();
  const quote = message.yanit_ozet;
  const id = message.yanit;
  if (!quote?.icerik || !id) return <span className={styles.quote}>{t("reply.gone")}</span>;
  return (
    <button type="button" className={styles.quote} onClick={() => onReveal(id)}>
      <strong>{named(quote)}</strong>
      <span>{inWords(quote.icerik)}</span>
    </button>
  );
}

function Gone({ room, message, undoable }: { room: string; message: Message; undoable: boolean }) {
  const t = useText(texts);
  const store = useRoomsStore();
  const byModerator = message.silen !== null && (message.silen !== message.gonderen_id || message.misafir);
  return (
    <span className={styles.gone}>
      {t(byModerator ? "deleted.moderator" : "deleted")}
      {undoable && (
        <button
          type="button"
          onClick={() => void store.restore(room, message.id).catch((error) => complain(error, t("problem.lost")))}
        >
          {t("undo")}
        </button>
      )}
    </span>
  );
}
