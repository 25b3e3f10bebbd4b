/** A chat is told once for each bot that knows it; a person wants to see it once. */

import type { TelegramChat } from "@meydan/client";

export interface Standing {
  readonly botId: string;
  readonly status: string;
  readonly rights: readonly string[];
}

export interface GatheredChat {
  readonly id: number;
  readonly kind: "private" | "group" | "supergroup" | "forum" | "channel";
  readonly title: string;
  readonly username: string | null;
  readonly shared: boolean;
  readonly seenAt: string;
  readonly topics: TelegramChat["topics"];
  readonly bots: readonly Standing[];
}

const AWAY: ReadonlySet<string> = new Set(["kicked", "left", "restricted"]);

/** Gather the rows of each chat, the latest first; groups that became supergroups are left out. */
export function gather(rows: readonly TelegramChat[]): GatheredChat[] {
  const chats = new Map<number, GatheredChat>();
  for (const row of rows) {
    if (row.moved_to !== null) continue;
    const known = chats.get(row.chat_id);
    const standing: Standing = {
      botId: row.bot_id,
      status: row.status,
      rights: Object.keys(row.rights).filter((right) => row.rights[right]),
    };
    if (known?.bots.some((one) => one.botId === row.bot_id)) continue; // it moved up while the next page was asked for
    chats.set(row.chat_id, {
      id: row.chat_id,
      kind: kindOf(row),
      title: row.title,
      username: row.username,
      seenAt: row.seen_at,
      topics: row.topics,
      ...known,
      shared: row.shared || (known?.shared ?? false),
      bots: [...(known?.bots ?? []), standing],
    });
  }
  return [...chats.values()];
}

/** Tell whether a bot may speak, as far as Telegram has told. */
export function maySpeak(standing: Standing): boolean {
  return !AWAY.has(standing.status);
}

function kindOf(row: TelegramChat): GatheredChat["kind"] {
  if (row.forum) return "forum";
  return row.kind === "group" || row.kind === "supergroup" || row.kind === "channel" ? row.kind : "private";
}
