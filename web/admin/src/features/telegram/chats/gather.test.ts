import type { TelegramChat } from "@meydan/client";
import { describe, expect, it } from "vitest";
import { gather, maySpeak } from "./gather";

function row(over: Partial<TelegramChat> = {}): TelegramChat {
  return {
    bot_id: "a",
    chat_id: -100,
    kind: "supergroup",
    title: "Piyasa",
    username: null,
    forum: false,
    status: "member",
    rights: {},
    shared: false,
    moved_to: null,
    seen_at: "2026-11-20T15:04:00Z",
    topics: [],
    ...over,
  };
}

describe("gather", () => {
  it("shows a bot once that moved up while the next page was asked for", () => {
    const chats = gather([row({ status: "administrator" }), row({ bot_id: "b" }), row({ status: "left" })]);
    expect(chats[0]?.bots.map(({ botId, status }) => [botId, status])).toEqual([
      ["a", "administrator"],
      ["b", "member"],
    ]);
  });

  it("shows a chat once, with every bot that knows it, and what the latest told", () => {
    const chats = gather([
      row({
        bot_id: "a",
        title: "Yeni ad",
        status: "administrator",
        rights: { can_pin_messages: true, is_anonymous: false },
      }),
      row({ bot_id: "b", title: "Eski ad", seen_at: "2026-11-01T00:00:00Z", status: "left" }),
      row({ bot_id: "b", chat_id: 7, kind: "private", title: "Kişi" }),
    ]);
    expect(chats.map(({ id, kind, title }) => [id, kind, title])).toEqual([
      [-100, "supergroup", "Yeni ad"],
      [7, "private", "Kişi"],
    ]);
    expect(chats[0]?.seenAt).toBe("2026-11-20T15:04:00Z");
    expect(chats[0]?.bots).toEqual([
      { botId: "a", status: "administrator", rights: ["can_pin_messages"] },
      { botId: "b", status: "left", rights: [] },
    ]);
    expect(chats[0]?.bots.map(maySpeak)).toEqual([true, false]);
  });

  it("shares a budget when any bot's row says so, and leaves out what moved", () => {
    const chats = gather([
      row(),
      row({ bot_id: "b", shared: true }),
      row({ chat_id: -5, kind: "group", moved_to: -100 }),
      row({ chat_id: -200, forum: true }),
    ]);
    expect(chats.map(({ id, kind, shared }) => [id, kind, shared])).toEqual([
      [-100, "supergroup", true],
      [-200, "forum", false],
    ]);
  });
});
