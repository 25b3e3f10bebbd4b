/** What several of Telegram's pages ask, often enough to be live: a page that is hidden asks nothing. */

import { data, type SendState } from "@meydan/client";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { queries } from "@/session/queries";
import { api } from "@/session/session";

const LIVE_MS = 2_000;
const PAGE = 50;

export const botsQuery = queryOptions({
  queryKey: ["telegram", "bots"],
  queryFn: () => data(api.GET("/api/v1/telegram/bots")),
  refetchInterval: LIVE_MS,
});

export const chatsQuery = queryOptions({
  queryKey: ["telegram", "chats"],
  queryFn: async () => (await data(api.GET("/api/v1/telegram/chats"))).chats,
  refetchInterval: LIVE_MS,
});

export const countsQuery = queryOptions({
  queryKey: ["telegram", "counts"],
  queryFn: async () => (await data(api.GET("/api/v1/telegram/outbox/counts"))).counts,
  refetchInterval: LIVE_MS,
});

export interface Wanted {
  readonly state?: SendState;
  readonly bot_id?: string;
  readonly chat_id?: number;
}

/** Sends, the newest first, page after page. */
export function sendsQuery(wanted: Wanted, limit = PAGE) {
  return infiniteQueryOptions({
    queryKey: ["telegram", "sends", wanted, limit],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/telegram/outbox", {
          params: { query: { ...wanted, limit, ...(pageParam ? { before: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => (last.more ? last.sends.at(-1)?.id : undefined),
    refetchInterval: LIVE_MS,
  });
}

/** Ask anew for whatever a change may have touched. */
export function refresh(): Promise<void> {
  return queries.invalidateQueries({ queryKey: ["telegram"] });
}
