import { ids, message, update } from "@meydan/client/testing";
import { describe, expect, it } from "vitest";
import { type Page, RoomLog } from "./log";
import { LogReader } from "./reading";

/** A room's log on the server; every page it is asked for is read at once and arrives when the test says so. */
class Room {
  readonly log = new RoomLog();
  readonly asked: { limit: number; before: number | undefined }[] = [];
  readonly reader = new LogReader(this.log, (limit, before) => {
    this.asked.push({ limit, before });
    const stored = this.stored.filter(({ sira }) => sira < (before ?? Number.POSITIVE_INFINITY));
    const page: Page = { mesajlar: stored.slice(-limit), devami: stored.length > limit };
    return new Promise((resolve, reject) => this.late.push({ resolve: () => resolve(page), reject }));
  });
  private readonly late: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private stored = Array.from({ length: 200 }, (_, index) => message(index + 1));

  /** Somebody says something, and it is heard here. */
  say(sira: number, more = {}): void {
    this.stored = [...this.stored, message(sira, more)];
    this.log.hear(message(sira, more));
  }

  /** A backup is put back that holds the first `count` messages. */
  putBack(count: number): void {
    this.stored = this.stored.slice(0, count);
  }

  async arrives(which: "the first" | "the last" = "the first"): Promise<void> {
    (which === "the first" ? this.late.shift() : this.late.pop())?.resolve();
    await new Promise((resolve) => setTimeout(resolve));
  }

  async fails(): Promise<void> {
    this.late.shift()?.reject(new Error("away"));
    await new Promise((resolve) => setTimeout(resolve));
  }

  get shown(): { from: number | undefined; to: number | undefined; attached: boolean } {
    const { messages, attached } = this.log.view.get();
    return { from: messages[0]?.sira, to: messages.at(-1)?.sira, attached };
  }
}

async function entered(): Promise<Room> {
  const room = new Room();
  void room.reader.newest();
  await room.arrives();
  return room;
}

async function inThePast(): Promise<Room> {
  const room = await entered();
  void room.reader.goTo(20);
  await room.arrives();
  return room;
}

describe("a page that was read before something was said", () => {
  it("shows what was heard before the first page came, and after it failed asks again", async () => {
    const room = new Room();
    void room.reader.newest();
    await room.fails();
    expect(room.log.view.get().status).toBe("failed");
    void room.reader.newest();
    room.say(201);
    room.log.hear(update(202, { mesaj_id: "m201", icerik: "düzeltildi" }));
    await room.arrives();
    expect(room.shown).toEqual({ from: 151, to: 201, attached: true });
    expect(room.log.find("m201")?.icerik).toBe("düzeltildi");
  });

  it("loses nothing when the newest messages are fetched anew", async () => {
    const room = await entered();
    room.reader.reach(205);
    room.say(206);
    room.log.hear(update(207, { mesaj_id: "m200", icerik: "düzeltildi" }));
    await room.arrives();
    expect(room.shown).toMatchObject({ to: 206, attached: true });
    expect(room.log.find("m200")?.icerik).toBe("düzeltildi");
  });

  it("joins the newest message only with all that was said in between", async () => {
    const room = await inThePast();
    expect(room.shown).toEqual({ from: 1, to: 44, attached: false });
    for (const [step, end] of [94, 144, 194].entries()) {
      void room.reader.newer();
      await room.arrives();
      expect([step, room.shown]).toEqual([step, { from: 1, to: end, attached: false }]);
    }
    void room.reader.newer();
    room.say(201, { istemci_id: "c1" });
    await room.arrives();
    expect(room.shown).toEqual({ from: 1, to: 201, attached: true });
    expect(ids(room.log.view.get().messages).filter((id) => id === "m201")).toHaveLength(1);
  });

  it("gets past changes without a message, however many", async () => {
    const room = await inThePast();
    for (const _ of [94, 144, 194]) {
      void room.reader.newer();
      await room.arrives();
    }
    for (let sira = 201; sira <= 800; sira++) room.log.hear(update(sira, { mesaj_id: "m200" }));
    room.say(801);
    void room.reader.newer();
    for (const _ of room.asked) await room.arrives();
    expect(room.shown).toMatchObject({ from: 1, to: 200 });
    void room.reader.newer();
    for (const _ of room.asked) await room.arrives();
    expect(room.shown).toEqual({ from: 1, to: 801, attached: true });
  });

  it("keeps the newer copy of a message that is both in the page and heard", async () => {
    const room = new Room();
    void room.reader.newest();
    await room.fails();
    const heard = room.log.listen();
    room.log.hear(message(200));
    room.log.replace({ mesajlar: [message(200, { icerik: "sonraki hali" })], devami: true }, { heard });
    expect(room.log.view.get().messages).toMatchObject([{ icerik: "sonraki hali" }]);
  });

  it("changes an older page by what was heard of it", async () => {
    const room = await entered();
    void room.reader.older();
    room.log.hear(update(201, { mesaj_id: "m120", tur: "silme" }));
    await room.arrives();
    expect(room.shown).toMatchObject({ from: 101, to: 200 });
    expect(room.log.find("m120")?.silindi).toBe(true);
  });
});

describe("where somebody goes", () => {
  it("wins over a page that was asked for before", async () => {
    const room = await entered();
    const went = room.reader.goTo(20);
    void room.reader.toNewest();
    await room.arrives("the last");
    await room.arrives();
    expect(await went).toBe(false);
    expect(room.shown).toEqual({ from: 151, to: 200, attached: true });
  });

  it("is the newest message even while what follows the past is on its way", async () => {
    const room = await inThePast();
    void room.reader.newer();
    const there = room.reader.toNewest();
    room.say(201);
    await room.arrives();
    await room.arrives();
    await there;
    expect(room.shown).toEqual({ from: 151, to: 201, attached: true });
  });

  it("asks for nothing when the newest message is there", async () => {
    const room = await entered();
    await room.reader.toNewest();
    expect(room.asked).toHaveLength(1);
  });

  it("stays where it was when a place cannot be had", async () => {
    const room = await entered();
    const went = room.reader.goTo(20);
    await room.fails();
    expect(await went).toBe(false);
    expect(room.shown).toEqual({ from: 151, to: 200, attached: true });
  });

  it("is one page at a time", async () => {
    const room = await entered();
    void room.reader.older();
    void room.reader.older();
    void room.reader.look();
    expect(room.asked).toEqual([
      { limit: 50, before: undefined },
      { limit: 50, before: 151 },
    ]);
  });
});

describe("a room that has come further than what was heard", () => {
  it("is fetched once more when the page on its way stops short of it", async () => {
    const room = new Room();
    void room.reader.newest();
    room.reader.reach(203);
    await room.arrives();
    expect(room.asked).toHaveLength(2);
    await room.arrives();
    expect(room.asked).toHaveLength(2);
  });

  it("starts anew when its log is another one, whatever was on its way", async () => {
    const room = await entered();
    room.reader.reach(250);
    room.reader.reach(260);
    room.putBack(90);
    room.reader.restart();
    expect(room.log.view.get()).toMatchObject({ status: "loading", messages: [], head: 0 });
    await room.arrives();
    await room.arrives();
    expect(room.log.view.get().head).toBe(90);
    room.say(91);
    expect(room.shown).toEqual({ from: 41, to: 91, attached: true });
  });

  it("is left as it is when the page held all of it", async () => {
    const room = await entered();
    room.reader.reach(200);
    expect(room.asked).toHaveLength(1);
  });
});
