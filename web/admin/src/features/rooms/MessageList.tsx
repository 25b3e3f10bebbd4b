import { ArrowDown } from "lucide-react";
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Empty, Failed, Loading } from "@/components/States";
import { useSession } from "@/session/session";
import { useStore } from "@/session/store";
import { dayKey, dayName } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { DraftRow } from "./DraftRow";
import styles from "./MessageList.module.css";
import { MessageRow, type RowActions } from "./MessageRow";
import { firstUnread, toRows } from "./rows";
import { useLog, useRoomsStore } from "./store";
import { texts } from "./texts";
import { useAnnouncements } from "./useAnnouncements";

const NEAR_BOTTOM = 48;
const NEAR_TOP = 600;
const READ_AFTER_MS = 350;

interface Props extends Pick<RowActions, "onReveal" | "onReply" | "onEdit" | "moderates"> {
  id: string;
  title: string;
  flash: string | null;
  onFlashed: () => void;
}

/** The talk itself: stays at the bottom while one is there, and in place while older messages come in above. */
export function MessageList({ id, title, flash, onFlashed, ...actions }: Props) {
  const t = useText(texts);
  const store = useRoomsStore();
  const log = useLog(id);
  const entry = store.entry(id);
  const readSira = useStore(entry.readSira);
  const undoable = useStore(entry.undoable);
  const session = useSession();
  const me = session.status === "in" ? session.user.id : null;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ id: string; top: number } | null>(null);
  const stuck = useRef(true);
  const [atBottom, setAtBottom] = useState(true);
  const [seen, setSeen] = useState(0);
  const [unreadSira, setUnreadSira] = useState<number | null>(null);
  const rows = useMemo(() => toRows(log.messages, unreadSira), [log.messages, unreadSira]);
  const announcement = useAnnouncements(log.messages, me, log.status === "ready");

  const shape = useRef("");

  const toBottom = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    box.scrollTop = box.scrollHeight;
    shape.current = shapeOf(box);
  }, []);

  /** Remember what is at the top of the view, so that it can be put back there. */
  const remember = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const top = box.getBoundingClientRect().top;
    for (const row of box.querySelectorAll<HTMLElement>("[data-message]")) {
      const rect = row.getBoundingClientRect();
      if (rect.bottom > top) {
        anchor.current = { id: row.dataset.message ?? "", top: rect.top - top };
        return;
      }
    }
  }, []);

  /** Show what was shown: the newest message, or the one that was at the top of the view. */
  const hold = useCallback(() => {
    const box = scroller.current;
    if (!box?.clientHeight) return;
    if (stuck.current) return toBottom();
    const held = anchor.current;
    const row = held && box.querySelector<HTMLElement>(`[data-message="${CSS.escape(held.id)}"]`);
    if (!held || !row) return;
    const moved = row.getBoundingClientRect().top - box.getBoundingClientRect().top - held.top;
    if (Math.abs(moved) > 1) box.scrollTop += moved;
    shape.current = shapeOf(box);
  }, [toBottom]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever changes the rows may move them
  useLayoutEffect(() => {
    if (log.status !== "ready") return;
    if (!log.attached) stuck.current = false;
    hold();
  }, [log.status, log.attached, rows, log.drafts, hold]);

  // On coming in, the unread line is where one starts to read, however far above; what comes later is read as it comes.
  const spoke = useRef(false);
  const entered = useRef<"no" | "on the way" | "yes">("no");
  useLayoutEffect(() => {
    if (entered.current === "yes" || log.status !== "ready" || readSira === null) return;
    const unread = firstUnread(log.messages, readSira, me);
    const above = !spoke.current && unread !== null && log.hasOlder && (log.messages[0]?.sira ?? 0) > readSira + 1;
    if (!above) {
      entered.current = "yes";
      setUnreadSira(unread);
    } else if (entered.current === "no") {
      entered.current = "on the way";
      stuck.current = false;
      void entry.reader.goTo(readSira).then((shown) => {
        if (!shown) entered.current = "yes";
      });
    }
  }, [log.status, log.messages, log.hasOlder, readSira, me, entry]);

  useLayoutEffect(() => {
    const box = scroller.current;
    const line = box?.querySelector<HTMLElement>("[data-unread-line]");
    if (unreadSira === null || !box || !line || spoke.current) return;
    const below = line.offsetTop - box.scrollTop;
    if (below >= 0 && below < box.clientHeight) return;
    stuck.current = false;
    box.scrollTop = line.offsetTop - 60;
    remember();
  }, [unreadSira, remember]);

  useEffect(() => {
    const inside = content.current;
    const box = scroller.current;
    if (!inside || !box) return;
    const observer = new ResizeObserver(hold);
    observer.observe(inside);
    observer.observe(box);
    return () => observer.disconnect();
  }, [hold]);

  useEffect(() => {
    if (!flash || log.status !== "ready") return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(flash)}"]`);
    if (!row) return;
    stuck.current = false;
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
    remember();
    const timer = setTimeout(onFlashed, 2_200);
    return () => clearTimeout(timer);
  }, [flash, log.status, onFlashed, remember]);

  const scrolled = () => {
    const box = scroller.current;
    if (!box?.clientHeight || log.status !== "ready") return;
    // A panel, a keyboard or a picture that moves the rows is nobody's scrolling.
    const known = shape.current;
    shape.current = shapeOf(box);
    if (stuck.current && known !== shape.current) return toBottom();
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    const bottom = log.attached && below < NEAR_BOTTOM;
    stuck.current = bottom;
    setAtBottom(bottom);
    if (bottom) setSeen(log.head);
    else remember();
    if (box.scrollTop < NEAR_TOP && log.hasOlder) void entry.reader.older();
    if (!log.attached && below < NEAR_TOP) void entry.reader.newer();
  };

  // What is in front of open eyes is read: in a lively room not at each message, but not only in its pauses either.
  const reading = useRef<ReturnType<typeof setTimeout>>(undefined);
  const atEnd = atBottom && log.status === "ready";
  const read = useCallback(() => {
    clearTimeout(reading.current);
    reading.current = undefined;
    entry.log.trim();
    if (document.hidden) return;
    setSeen(entry.log.view.get().head);
    store.markRead(id);
  }, [id, store, entry]);
  useEffect(() => {
    if (!atEnd) return;
    document.addEventListener("visibilitychange", read);
    return () => {
      document.removeEventListener("visibilitychange", read);
      clearTimeout(reading.current);
      reading.current = undefined;
    };
  }, [atEnd, read]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each message asks for a look
  useEffect(() => {
    if (atEnd) reading.current ??= setTimeout(read, READ_AFTER_MS);
  }, [atEnd, read, log.head]);

  const waiting = log.attached
    ? log.messages.filter((item) => item.sira > seen && item.gonderen_id !== me).length
    : log.below;
  const jump = useCallback(async () => {
    stuck.current = true;
    await entry.reader.toNewest();
    toBottom();
    setAtBottom(true);
  }, [entry, toBottom]);

  // Who says something wants to see it said.
  const lastSaid = log.drafts.at(-1)?.pending.at ?? 0;
  const said = useRef(lastSaid);
  useEffect(() => {
    if (lastSaid <= said.current) return;
    said.current = lastSaid;
    spoke.current = true;
    void jump();
  }, [lastSaid, jump]);

  return (
    <div className={styles.frame}>
      <div
        className={styles.scroller}
        ref={scroller}
        onScroll={scrolled}
        role="log"
        aria-label={t("messages", { room: title })}
        aria-live="off"
        tabIndex={0}
      >
        <div className={styles.content} ref={content}>
          {(log.status === "loading" || log.status === "empty") && (
            <Loading label={t("messages.loading")} rows={7} height={48} />
          )}
          {log.status === "failed" && <Failed error={log.error} retry={() => void entry.reader.newest()} />}
          {log.status === "ready" && log.hasOlder && <p className={styles.edge}>{t("messages.older")}</p>}
          {log.status === "ready" && !log.hasOlder && rows.length > 0 && (
            <p className={styles.edge}>{t("messages.start", { room: title })}</p>
          )}
          {log.status === "ready" && rows.length === 0 && log.drafts.length === 0 && (
            <Empty
              title={t("messages.empty")}
              {...(session.status === "in" ? { detail: t("messages.empty.detail") } : {})}
            />
          )}
          {rows.map((row) => {
            if (row.kind === "day") return <Day key={row.key} at={row.at} />;
            if (row.kind === "unread") {
              return (
                <div key={row.key} className={styles.unread} data-unread-line>
                  <span>{t("unread.line")}</span>
                </div>
              );
            }
            return (
              <MessageRow
                key={row.key}
                room={id}
                message={row.message}
                first={row.first}
                last={row.last}
                me={me}
                flash={flash === row.message.id}
                undoable={undoable.has(row.message.id)}
                {...actions}
              />
            );
          })}
          {log.attached && log.drafts.map((draft) => <DraftRow key={draft.pending.id} draft={draft} />)}
        </div>
      </div>
      {(!atBottom || !log.attached) && log.status === "ready" && (
        <button type="button" className={styles.newest} onClick={() => void jump()}>
          <ArrowDown size={17} aria-hidden="true" />
          {waiting > 0 ? t("newest.count", { n: waiting }) : <span className="visually-hidden">{t("newest")}</span>}
        </button>
      )}
      <p className="visually-hidden" aria-live="polite">
        {announcement}
      </p>
    </div>
  );
}

/** What the view and the talk in it measure. */
function shapeOf({ scrollHeight, clientHeight, clientWidth }: HTMLElement): string {
  return `${scrollHeight}/${clientHeight}/${clientWidth}`;
}

const Day = memo(function Day({ at }: { at: string }) {
  const t = useText(texts);
  const locale = useLocale();
  const key = dayKey(at);
  let words = dayName(locale, at);
  if (key === dayKey(Date.now())) words = t("today");
  else if (key === dayKey(Date.now() - 86_400_000)) words = t("yesterday");
  return (
    <div className={styles.day}>
      <span>{words}</span>
    </div>
  );
});
