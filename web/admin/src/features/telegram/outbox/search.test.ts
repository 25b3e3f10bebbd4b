import { describe, expect, it } from "vitest";
import { toOutboxSearch } from "./search";

describe("the outbox's address", () => {
  it("keeps what it knows and drops what it does not", () => {
    const bot = "0f".repeat(16);
    expect(toOutboxSearch({ durum: "maybe_sent", bot, sohbet: -1002000000005 })).toEqual({
      durum: "maybe_sent",
      bot,
      sohbet: -1002000000005,
    });
    expect(toOutboxSearch({ durum: "lost", bot: "../users", sohbet: "-1", other: 1 })).toEqual({});
    expect(toOutboxSearch({ sohbet: 1.5, sira: "loudest" })).toEqual({});
  });

  it("leaves the first order unsaid, and lists by turn only what waits", () => {
    expect(toOutboxSearch({ sira: "-created_at" })).toEqual({});
    expect(toOutboxSearch({ sira: "created_at", durum: "failed" })).toEqual({ sira: "created_at", durum: "failed" });
    expect(toOutboxSearch({ sira: "next", durum: "failed" })).toEqual({ sira: "next", durum: "queued" });
  });
});
