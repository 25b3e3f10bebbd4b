import type { Message } from "@meydan/client";
import { useEffect, useRef, useState } from "react";
import { useText } from "@/text/useText";
import { texts } from "./texts";

const EVERY_MS = 3_000;

/** Words for a screen reader about what was newly said: at most one announcement every few seconds. */
export function useAnnouncements(messages: readonly Message[], me: string | null, ready: boolean): string {
  const t = useText(texts);
  const [words, setWords] = useState("");
  const known = useRef<number | null>(null);
  const waiting = useRef<Message[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  useEffect(() => {
    const last = messages.at(-1)?.sira ?? 0;
    if (!ready) return;
    const before = known.current;
    known.current = Math.max(before ?? 0, last);
    if (before === null) return;
    waiting.current.push(...messages.filter((message) => message.sira > before && message.gonderen_id !== me));
    if (waiting.current.length === 0 || timer.current) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      const [first, ...more] = waiting.current;
      waiting.current = [];
      if (!first) return;
      setWords(
        more.length > 0
          ? t("new.announce.many", { n: more.length + 1 })
          : t("new.announce", { name: first.gonderen_ad, text: first.icerik.slice(0, 200) }),
      );
    }, EVERY_MS);
  }, [messages, me, ready, t]);

  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  return words;
}
