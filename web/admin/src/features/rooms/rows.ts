/** A room's messages as rows: days, the unread line, and who speaks on. */

import type { Message } from "@meydan/client";
import { dayKey } from "@/text/format";

const SAME_BREATH_MS = 5 * 60_000;

export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: string }
  | { readonly kind: "unread"; readonly key: string }
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: Message;
      /** The first of an author's messages in one breath shows who speaks; the last closes the shape. */
      readonly first: boolean;
      readonly last: boolean;
    };

/** Lay out `messages`; the unread line stands before the message with `unreadSira`. */
export function toRows(messages: readonly Message[], unreadSira: number | null): readonly Row[] {
  const rows: Row[] = [];
  let day = "";
  for (const [index, message] of messages.entries()) {
    const messageDay = dayKey(message.zaman);
    let broken = false;
    if (messageDay !== day) {
      day = messageDay;
      broken = true;
      rows.push({ kind: "day", key: `day-${day}`, at: message.zaman });
    }
    if (message.sira === unreadSira) {
      broken = true;
      rows.push({ kind: "unread", key: "unread" });
    }
    const before = messages[index - 1];
    const after = messages[index + 1];
    rows.push({
      kind: "message",
      key: message.id,
      message,
      first: broken || !before || !sameBreath(before, message),
      last: !after || !sameBreath(message, after),
    });
  }
  return rows;
}

/** The first message after `readSira` that somebody else sent, or null when everything was read. */
export function firstUnread(messages: readonly Message[], readSira: number, me: string | null): number | null {
  return messages.find((message) => message.sira > readSira && message.gonderen_id !== me)?.sira ?? null;
}

function sameBreath(a: Message, b: Message): boolean {
  return (
    a.gonderen_id === b.gonderen_id &&
    a.simulated === b.simulated &&
    Date.parse(b.zaman) - Date.parse(a.zaman) < SAME_BREATH_MS &&
    dayKey(a.zaman) === dayKey(b.zaman)
  );
}
