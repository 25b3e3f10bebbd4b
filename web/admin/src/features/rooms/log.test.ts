import { ids, message, update } from "@meydan/client/testing";
import { describe, expect, it } from "vitest";
import { applyUpdate, merge, RoomLog } from "./log";
import { firstUnread, toRows } from "./rows";

describe("merge", () => {
  it("joins stretches that overlap without doubling a message", () => {
    expect(ids(merge([message(1), message(2), message(3)], [message(2), message(3), message(4)]))).toEqual([
      "m1",
      "m2",
      "m3",
      "m4",
    ]);
  });

  it("puts an older page in front", () => {
    expect(ids(merge([message(1), message(2)], [message(5)]))).toEqual(["m1", "m2", "m5"]);
  });
});

describe("applyUpdate", () => {
  it("edits a message and the quotes of it", () => {
    const quoting = message(2, {
      yanit: "m1",
      yanit_ozet: { id: "m1", gonderen_id: "ayse", gonderen_ad: "Ayşe", misafir: false, icerik: "söz 1" },
    });
    const [first, second] = applyUpdate([message(1), quoting], update(3, { icerik: "yeni" }));
    expect(first).toMatchObject({ icerik: "yeni", duzenlendi: "2026-11-20T13:00:00.000Z" });
    expect(second?.yanit_ozet?.icerik).toBe("yeni");
  });

  it("takes the words and reactions of a deleted message away and keeps its place", () => {
    const [first] = applyUpdate(
      [message(1, { tepkiler: [{ emoji: "👍", sayi: 1, kullanicilar: ["a"] }] })],
      update(2, { tur: "silme" }),
    );
    expect(first).toMatchObject({ silindi: true, silen: "ayse", icerik: "", tepkiler: [] });
  });

  it("brings a deleted message back with its words and reactions, and into the quotes of it", () => {
    const quoting = message(2, {
      yanit: "m1",
      yanit_ozet: { id: "m1", gonderen_id: "ayse", gonderen_ad: "Ayşe", misafir: false, icerik: "söz 1" },
    });
    const gone = applyUpdate([message(1), quoting], update(3, { tur: "silme", kullanici_id: "duzenci" }));
    expect(gone.map((one) => [one.silen, one.yanit_ozet?.icerik])).toEqual([
      ["duzenci", undefined],
      [null, ""],
    ]);
    const tepkiler = [{ emoji: "👍", sayi: 1, kullanicilar: ["a"] }];
    const back = applyUpdate(gone, update(4, { tur: "geri_getirme", icerik: "söz 1", bahsedilenler: [], tepkiler }));
    expect(back).toEqual([message(1, { tepkiler }), quoting]);
  });

  it("returns the same list when the message is not there", () => {
    const messages = [message(5)];
    expect(applyUpdate(messages, update(6, { icerik: "x" }))).toBe(messages);
  });
});

describe("RoomLog", () => {
  it("holds a bounded stretch: what is far below is let go above, and what is far above below", () => {
    const log = new RoomLog();
    const page = (from: number, count: number) => ({
      mesajlar: Array.from({ length: count }, (_, index) => message(from + index)),
      devami: from > 1,
    });
    const ends = () => [log.view.get().messages[0]?.sira, log.view.get().messages.at(-1)?.sira];
    log.replace(page(801, 200));
    log.older(page(601, 200));
    expect([ends(), log.view.get().attached]).toEqual([[601, 1000], true]);
    log.older(page(401, 200));
    expect([ends(), log.view.get().attached]).toEqual([[401, 900], false]);
    log.hear(message(1001));
    log.newer(page(901, 101), true);
    expect([ends(), log.view.get().attached, log.view.get().hasOlder]).toEqual([[502, 1001], true, true]);
    log.hear(message(1002));
    const { messages, attached, below, head } = log.view.get();
    expect([messages.length, attached, below, head]).toEqual([500, false, 1, 1002]);
  });

  it("adds what a reader's look finds without losing what was read above, or touching what is the same", () => {
    const log = new RoomLog();
    log.see({ mesajlar: [message(3), message(4)], devami: true });
    log.older({ mesajlar: [message(1), message(2)], devami: false });
    const before = log.view.get();
    log.see({ mesajlar: [message(3), message(4)], devami: true });
    expect(log.view.get()).toBe(before);
    log.see({ mesajlar: [message(3), message(4, { icerik: "düzeltildi" }), message(6)], devami: true });
    const { messages, head, hasOlder } = log.view.get();
    expect(ids(messages)).toEqual(["m1", "m2", "m3", "m4", "m6"]);
    expect([messages[2], messages[3]?.icerik, head, hasOlder]).toEqual([before.messages[2], "düzeltildi", 6, false]);
    log.see({ mesajlar: [message(50)], devami: true });
    expect(ids(log.view.get().messages)).toEqual(["m50"]);
  });

  it("counts what comes while the view is in the past, and does not show it in the wrong place", () => {
    const log = new RoomLog();
    log.replace({ mesajlar: [message(1)], devami: false }, { attached: false });
    log.hear(message(90));
    expect(ids(log.view.get().messages)).toEqual(["m1"]);
    expect(log.view.get().below).toBe(1);
    log.newer({ mesajlar: [message(1), message(90)], devami: true }, true);
    expect(log.view.get()).toMatchObject({ attached: true, below: 0 });
  });

  it("replaces a draft by the room's own copy", () => {
    const log = new RoomLog();
    log.replace({ mesajlar: [], devami: false });
    log.add({ id: "c1", room: "genel", text: "söz 1", replyTo: null, at: 0 });
    expect(log.view.get().drafts).toHaveLength(1);
    log.hear(message(1, { istemci_id: "c1" }));
    expect(log.view.get()).toMatchObject({ drafts: [], messages: [{ id: "m1" }] });
  });

  it("shows a refused draft as failed until it is tried again", () => {
    const log = new RoomLog();
    const pending = { id: "c1", room: "genel", text: "x", replyTo: null, at: 0 };
    log.add(pending);
    log.reject(pending, { tip: "hata", kod: "cok_uzun", baslik: "", ayrinti: "" });
    expect(log.view.get().drafts[0]).toMatchObject({ state: "failed" });
    log.add(pending);
    expect(log.view.get().drafts).toMatchObject([{ state: "sending" }]);
  });

  it("lets go of the far past only at the bottom", () => {
    const log = new RoomLog();
    const many = Array.from({ length: 500 }, (_, index) => message(index + 1));
    log.replace({ mesajlar: many, devami: false }, { attached: false });
    log.trim();
    expect(log.view.get().messages).toHaveLength(500);
    log.replace({ mesajlar: many, devami: false });
    log.trim();
    expect(log.view.get().messages.at(0)?.sira).toBe(351);
    expect(log.view.get().hasOlder).toBe(true);
  });
});

describe("toRows", () => {
  it("groups an author's messages within five minutes and breaks at another author or a pause", () => {
    const rows = toRows([message(1), message(2), message(9), message(10, { gonderen_id: "mehmet" })], null);
    const shapes = rows.flatMap((row) => (row.kind === "message" ? [[row.first, row.last]] : []));
    expect(shapes).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
  });

  it("separates days by Istanbul's midnight, not UTC's", () => {
    const before = message(1, { zaman: "2026-11-20T20:59:00.000Z" });
    const after = message(2, { zaman: "2026-11-20T21:01:00.000Z" });
    expect(toRows([before, after], null).map(({ kind }) => kind)).toEqual(["day", "message", "day", "message"]);
  });

  it("draws the unread line before the first message of somebody else", () => {
    const messages = [message(1), message(2), message(3, { gonderen_id: "mehmet" })];
    expect(firstUnread(messages, 1, "ayse")).toBe(3);
    expect(firstUnread(messages, 3, "ayse")).toBeNull();
    expect(toRows(messages, 3).map(({ key }) => key)).toEqual(["day-2026-11-20", "m1", "m2", "unread", "m3"]);
  });
});
