import type { SendState } from "@meydan/client";
import type { SendOrder } from "../queries";

export const STATES: readonly SendState[] = [
  "queued",
  "sending",
  "sent",
  "maybe_sent",
  "failed",
  "stopped",
  "expired",
  "cancelled",
];

/** The orders of sends that an address names; the newest first goes without saying. */
const NAMED: readonly SendOrder[] = ["created_at", "next"];

/** What the outbox shows, as its address says it. */
export interface OutboxSearch {
  durum?: SendState;
  bot?: string;
  sohbet?: number;
  sira?: SendOrder;
}

/** Read an address; what it holds may come from anywhere. */
export function toOutboxSearch({ durum, bot, sohbet, sira }: Record<string, unknown>): OutboxSearch {
  const order = NAMED.find((known) => known === sira);
  const state = order === "next" ? "queued" : STATES.find((known) => known === durum); // only what waits has a turn
  return {
    ...(state ? { durum: state } : {}),
    ...(typeof bot === "string" && /^[0-9a-f]{32}$/.test(bot) ? { bot } : {}),
    ...(typeof sohbet === "number" && Number.isSafeInteger(sohbet) ? { sohbet } : {}),
    ...(order ? { sira: order } : {}),
  };
}
