import type { SendState } from "@meydan/client";

export const STATES: readonly SendState[] = [
  "queued",
  "sending",
  "sent",
  "maybe_sent",
  "failed",
  "expired",
  "cancelled",
];

/** What the outbox shows, as its address says it. */
export interface OutboxSearch {
  durum?: SendState;
  bot?: string;
  sohbet?: number;
}

/** Read an address; what it holds may come from anywhere. */
export function toOutboxSearch({ durum, bot, sohbet }: Record<string, unknown>): OutboxSearch {
  const state = STATES.find((known) => known === durum);
  return {
    ...(state ? { durum: state } : {}),
    ...(typeof bot === "string" && /^[0-9a-f]{32}$/.test(bot) ? { bot } : {}),
    ...(typeof sohbet === "number" && Number.isSafeInteger(sohbet) ? { sohbet } : {}),
  };
}
