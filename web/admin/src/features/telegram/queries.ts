/** What several of Telegram's pages ask, often enough to be live: a page that is hidden asks nothing. */

import { data, type SendState, type TelegramSend } from "@meydan/client";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { queries } from "@/session/queries";
import { api } from "@/session/session";

const LIVE_MS = 2_000;
const MOVING_MS = 700;
const SOON_SECONDS = 3;
const PAGE = 50;

export const botsQuery = queryOptions({
  queryKey: ["telegram", "bots"],
  queryFn: () => data(api.GET("/api/v1/telegram/bots")),
  refetchInterval: LIVE_MS,
});

/** Chats, the latest first, page after page. */
export const chatsQuery = infiniteQueryOptions({
  queryKey: ["telegram", "chats"],
  queryFn: ({ pageParam }) =>
    data(api.GET("/api/v1/telegram/chats", { params: { query: pageParam ? { cursor: pageParam } : {} } })),
  initialPageParam: "",
  getNextPageParam: (last) => last.next_cursor,
  select: ({ pages }) => pages.flatMap((page) => page.chats),
  refetchInterval: ({ state: { data: found } }) => LIVE_MS * (found?.pages.length ?? 1),
});

export const countsQuery = queryOptions({
  queryKey: ["telegram", "counts"],
  queryFn: async () => (await data(api.GET("/api/v1/telegram/outbox/counts"))).counts,
  refetchInterval: LIVE_MS,
});

export type SendOrder = "-created_at" | "created_at" | "next";

export interface Wanted {
  readonly state?: SendState;
  readonly bot_id?: string;
  readonly chat_id?: number;
  readonly sort?: SendOrder;
}

/** Sends, the newest first if nothing else is said, page after page. */
export function sendsQuery(wanted: Wanted, limit = PAGE) {
  return infiniteQueryOptions({
    queryKey: ["telegram", "sends", wanted, limit],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/telegram/outbox", {
          params: { query: { ...wanted, limit, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    // Every page is asked for again, one after another: who looks far back asks as much as others, not as often.
    refetchInterval: ({ state: { data: found } }) =>
      (found?.pages[0]?.sends.some(moves) ? MOVING_MS : LIVE_MS) * (found?.pages.length ?? 1),
  });
}

/** What was said in a chat, the latest first, page after page; with a bot what concerns that one. */
export function messagesQuery(chatId: number, botId: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ["telegram", "messages", chatId, botId ?? null],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/telegram/chats/{chat_id}/messages", {
          params: {
            path: { chat_id: chatId },
            query: { ...(botId ? { bot_id: botId } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: ({ state: { data: found } }) => LIVE_MS * (found?.pages.length ?? 1),
  });
}

/** Tell whether a send is about to take its next step, which somebody may be watching. */
function moves(send: TelegramSend): boolean {
  return send.state === "sending" || (send.state === "queued" && send.eta !== null && send.eta < SOON_SECONDS);
}

/** Ask anew for whatever a change may have touched. */
export function refresh(): Promise<void> {
  return queries.invalidateQueries({ queryKey: ["telegram"] });
}
