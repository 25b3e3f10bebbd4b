import { ActionIcon } from "@mantine/core";
import type { Pending, Problem } from "@meydan/client";
import { useQuery } from "@tanstack/react-query";
import { Check, Pencil, Reply, SendHorizontal, X } from "lucide-react";
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useNamed } from "@/components/useNamed";
import { abilitiesQuery } from "@/session/abilities";
import { useStore } from "@/session/store";
import { number } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import styles from "./Composer.module.css";
import type { Drafts, Intent, Target } from "./drafts";
import { complain } from "./MessageTools";
import { MentionMenu, mentionAt, useCandidates } from "./mentions";
import { inWords } from "./parts";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

/** What is wrong with the words themselves: sending them again would end the same way. */
const SHAPE = new Set(["cok_uzun", "gecersiz_alan"]);
const USUAL_LIMIT = 4_000;
const NEAR = 200;
const TYPING_EVERY_MS = 3_000;
const TALLEST = 220;

interface Props {
  id: string;
  title: string;
  drafts: Drafts;
  intent: Intent;
  onIntent: (intent: Intent) => void;
  onEditLast: () => void;
}

export function Composer({ id, title, drafts, intent, onIntent, onEditLast }: Props) {
  const t = useText(texts);
  const named = useNamed();
  const locale = useLocale();
  const store = useRoomsStore();
  const { log } = store.entry(id);
  const field = useRef<HTMLTextAreaElement>(null);
  const lastTyping = useRef(0);
  const [text, setText] = useState(() => written(drafts));
  const [refused, setRefused] = useState<Problem | null>(null);
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState("");
  const wait = useWait(useStore(store.entry(id).held));
  const editing = intent.kind === "edit" ? intent.message : null;

  const mention = mentionAt(text, caret);
  const open = mention !== null && mention.query !== dismissed;
  const candidates = useCandidates(id, open ? mention.query : null);
  const menu = open && candidates.length > 0;

  const edited = useRef(editing);
  useEffect(() => {
    if (edited.current === editing) return;
    edited.current = editing;
    setText(written(drafts));
  }, [editing, drafts]);

  useEffect(
    () =>
      drafts.onElsewhere(() => {
        if (!document.hidden && document.hasFocus()) return;
        setText(written(drafts));
        onIntent(drafts.intent());
      }),
    [drafts, onIntent],
  );

  useEffect(() => {
    if (intent.kind !== "write") field.current?.focus();
  }, [intent]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides the height
  useLayoutEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, TALLEST)}px`;
  }, [text]);

  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) field.current?.focus({ preventScroll: true });
  }, []);

  const change = (next: string) => {
    setText(next);
    setRefused(null);
    drafts.change(editing ? { edit: { message: editing, text: next } } : { text: next });
    if (next.trim() && Date.now() - lastTyping.current > TYPING_EVERY_MS) {
      lastTyping.current = Date.now();
      store.socket?.typing(id);
    }
  };

  const limit = useLengthLimit();
  const left = limit - [...text.trim()].length;
  const [saving, setSaving] = useState(false);
  const ready = text.trim() !== "" && left >= 0 && !saving;

  /** What was being written before the edit goes on, with the answer that it was. */
  const finishEdit = () => {
    drafts.change({ edit: null });
    onIntent(drafts.intent());
  };
  const cancel = () => (editing ? finishEdit() : onIntent({ kind: "write" }));

  /** What the server has refused comes back to be changed, unless something else is being written. */
  const takeBack = useCallback(
    (pending: Pending, problem: Problem): boolean => {
      const { text: other, edit } = drafts.read();
      if (other.trim() !== "" || edit !== null) return false;
      const answered = pending.replyTo ? log.find(pending.replyTo) : undefined;
      drafts.change({ text: pending.text });
      if (answered) onIntent({ kind: "reply", message: answered });
      log.discard(pending.id);
      setText(pending.text);
      setRefused(problem);
      field.current?.focus();
      return true;
    },
    [drafts, log, onIntent],
  );
  useEffect(
    () =>
      store.socket?.on("rejected", ({ pending, problem }) => {
        if (pending.room === id && SHAPE.has(problem.kod)) takeBack(pending, problem);
      }),
    [store, id, takeBack],
  );
  useEffect(() => store.onRewrite(id, takeBack), [store, id, takeBack]);

  /** The words stay in the field until the server has them: an edit that a cut swallowed can be sent again. */
  const save = async (message: Target, said: string) => {
    setSaving(true);
    try {
      if (said !== message.icerik) await store.socket?.edit(id, message.id, said);
      if (edited.current === message) finishEdit();
    } catch (error) {
      complain(error, t("problem.lost"));
    } finally {
      setSaving(false);
    }
  };

  const submit = () => {
    if (!ready) return;
    const said = text.trim();
    if (editing) {
      void save(editing, said);
      return;
    }
    store.say(id, said, intent.kind === "reply" ? intent.message.id : undefined);
    drafts.change({ text: "", reply: null });
    lastTyping.current = 0;
    setText("");
    setRefused(null);
    onIntent({ kind: "write" });
  };

  const pick = (userId: string) => {
    if (!mention) return;
    const before = `${text.slice(0, mention.start)}@${userId} `;
    change(before + text.slice(caret).replace(/^\s/, ""));
    setChosen(0);
    requestAnimationFrame(() => {
      field.current?.setSelectionRange(before.length, before.length);
      setCaret(before.length);
    });
  };

  const pressed = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (menu) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const by = event.key === "ArrowDown" ? 1 : -1;
        setChosen((chosen + by + candidates.length) % candidates.length);
        return;
      }
      const candidate = candidates[chosen];
      if ((event.key === "Enter" || event.key === "Tab") && candidate) {
        event.preventDefault();
        pick(candidate.id);
        return;
      }
      if (event.key === "Escape") {
        event.preventDefault();
        setDismissed(mention?.query ?? "");
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && intent.kind !== "write") {
      event.preventDefault();
      cancel();
    } else if (event.key === "ArrowUp" && text === "" && intent.kind === "write") {
      event.preventDefault();
      onEditLast();
    }
  };

  const label = editing ? t("save") : t("send");
  return (
    <div className={styles.composer}>
      {menu && <MentionMenu candidates={candidates} chosen={chosen} onPick={pick} />}
      {intent.kind !== "write" && (
        <div className={styles.banner}>
          {intent.kind === "edit" ? <Pencil size={17} aria-hidden="true" /> : <Reply size={17} aria-hidden="true" />}
          <span>
            <strong>{intent.kind === "edit" ? t("editing") : t("reply.to", { name: named(intent.message) })}</strong>
            <span>{inWords(intent.message.icerik)}</span>
          </span>
          <ActionIcon variant="subtle" color="gray" aria-label={t("cancel")} onClick={cancel}>
            <X size={17} />
          </ActionIcon>
        </div>
      )}
      <div className={styles.box}>
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={t("composer", { room: title })}
          aria-label={t("composer.label")}
          aria-describedby="composer-notes"
          aria-controls={menu ? "mention-menu" : undefined}
          aria-activedescendant={menu ? `mention-${chosen}` : undefined}
          enterKeyHint="send"
          onChange={(event) => {
            setCaret(event.currentTarget.selectionStart);
            setChosen(0);
            setDismissed("");
            change(event.currentTarget.value);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
          onKeyDown={pressed}
        />
        <ActionIcon size={38} radius="md" aria-label={label} disabled={!ready} loading={saving} onClick={submit}>
          {editing ? <Check size={19} /> : <SendHorizontal size={19} />}
        </ActionIcon>
      </div>
      <p id="composer-notes" className={`${styles.notes} numbers`} aria-live="polite">
        {refused && <span data-over>{refused.ayrinti || refused.baslik}</span>}
        {wait > 0 && <span>{t("held", { n: wait })}</span>}
        {left < NEAR && (
          <span data-over={left < 0 || undefined} title={number(locale, limit)}>
            {left < 0 ? t("over", { n: -left }) : t("left", { n: left })}
          </span>
        )}
      </p>
    </div>
  );
}

/** The longest message there may be; what the socket told last counts. */
function useLengthLimit(): number {
  const { socket } = useRoomsStore();
  const asked = useQuery(abilitiesQuery).data?.azami_uzunluk;
  const [told, setTold] = useState(socket?.limits?.azami_uzunluk);
  useEffect(() => {
    setTold(socket?.limits?.azami_uzunluk);
    return socket?.on("limits", (limits) => setTold(limits.azami_uzunluk));
  }, [socket]);
  return told ?? asked ?? USUAL_LIMIT;
}

/** Whole seconds until `until`, counting down. */
function useWait(until: number): number {
  const [now, setNow] = useState(Date.now());
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  useEffect(() => {
    setNow(Date.now());
    if (until <= Date.now()) return;
    const timer = setInterval(() => setNow(Date.now()), 250);
    const stop = setTimeout(() => clearInterval(timer), until - Date.now() + 500);
    return () => {
      clearInterval(timer);
      clearTimeout(stop);
    };
  }, [until]);
  return seconds;
}

/** What stands in the field: the edit that is under way, or else what was being written. */
function written(drafts: Drafts): string {
  const { text, edit } = drafts.read();
  return edit ? edit.text : text;
}
