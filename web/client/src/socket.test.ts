import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SocketOptions } from "./events";
import { Socket } from "./socket";
import { FakeWire, message } from "./testing";
import type { Message, ServerFrame, Update } from "./wire";

const live = (sira: number, more: Partial<Message> = {}): ServerFrame => ({
  tip: "mesaj",
  oda_id: "genel",
  sira,
  mesaj: message(sira, more),
});

describe("Socket", () => {
  const wires: FakeWire[] = [];
  let tickets: number;
  let heard: string[];
  let socket: Socket;

  const wire = (): FakeWire => {
    const last = wires.at(-1);
    if (!last) throw new Error("nothing has connected");
    return last;
  };

  const make = (options: Partial<SocketOptions> = {}): Socket => {
    let ids = 0;
    const made = new Socket({
      url: ({ ticket, user_id }) => `ws://meydan/${user_id}?bilet=${ticket}`,
      ticket: () => Promise.resolve({ ticket: `t${++tickets}`, user_id: "ayse" }),
      open: (url) => {
        const opened = new FakeWire(url);
        wires.push(opened);
        return opened;
      },
      random: () => 0.5,
      newId: () => `id${++ids}`,
      ...options,
    });
    made.on("message", ({ message: { sira } }) => heard.push(`mesaj ${sira}`));
    made.on("update", ({ update }) => heard.push(`güncelleme ${update.sira}`));
    made.on("joined", ({ frame }) => heard.push(`katılım ${frame.kurtarildi}`));
    made.on("acknowledged", ({ pending }) => heard.push(`onay ${pending.id}`));
    made.on("rejected", ({ pending, problem }) => heard.push(`ret ${pending.id} ${problem.kod}`));
    return made;
  };

  const connect = async () => {
    socket.start();
    await vi.advanceTimersByTimeAsync(0);
    wire().open();
  };

  const enter = (sira: number, more: Partial<Extract<ServerFrame, { tip: "oda_katilim" }>> = {}) =>
    wire().say({
      tip: "oda_katilim",
      ref: wire().last("oda_katil").ref,
      oda_id: "genel",
      katilimci_sayisi: 1,
      sira,
      donem: "d1",
      kurtarildi: false,
      mesajlar: [],
      katilimcilar: ["ayse"],
      misafirler: {},
      okunan_sira: sira,
      ...more,
    });

  beforeEach(() => {
    vi.useFakeTimers();
    wires.length = 0;
    tickets = 0;
    heard = [];
    socket = make();
  });

  afterEach(() => {
    socket.stop();
    vi.useRealTimers();
  });

  it("asks for a new ticket before every connect", async () => {
    await connect();
    expect(wire().url).toBe("ws://meydan/ayse?bilet=t1");
    wire().drop(1006);
    await vi.advanceTimersByTimeAsync(250);
    expect(wire().url).toBe("ws://meydan/ayse?bilet=t2");
  });

  it("gives up a ticket or a handshake that is never answered, and tries again", async () => {
    socket = make({
      ticket: () =>
        ++tickets === 1 ? new Promise(() => {}) : Promise.resolve({ ticket: `t${tickets}`, user_id: "ayse" }),
    });
    socket.start();
    await vi.advanceTimersByTimeAsync(15_250);
    expect(wires.length).toBe(1);
    await vi.advanceTimersByTimeAsync(15_500); // nobody opens it
    expect(wires.length).toBe(2);
    wires[0]?.open(); // too late
    expect(socket.connection.state).toBe("connecting");
    wire().open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(socket.connection.state).toBe("open");
  });

  it("waits longer each time when it is let in and refused before the welcome", async () => {
    await connect();
    const waits: number[] = [];
    socket.on("connection", (connection) => {
      if (connection.state === "waiting") waits.push(connection.until - Date.now());
    });
    for (let number = 0; number < 4; number += 1) {
      wire().drop(1008);
      await vi.advanceTimersByTimeAsync(waits.at(-1) ?? 0);
      wire().open();
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000]);
  });

  it("waits longer after each failure, by a random part of the ceiling", async () => {
    await connect();
    const waits: number[] = [];
    socket.on("connection", (connection) => {
      if (connection.state === "waiting") waits.push(connection.until - Date.now());
    });
    for (let failure = 0; failure < 8; failure += 1) {
      wire().drop(1006);
      await vi.advanceTimersByTimeAsync(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  it("comes back soon when the server restarts", async () => {
    await connect();
    wire().drop(1012);
    expect(socket.connection).toMatchObject({ state: "waiting", until: Date.now() + 750 });
  });

  it("does not fight over a name that another connection took", async () => {
    await connect();
    wire().drop(4009);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(socket.connection).toEqual({ state: "refused", code: 4009 });
    expect(wires).toHaveLength(1);
  });

  it("keeps trying when no ticket can be had", async () => {
    let fail = true;
    socket = make({
      ticket: () => (fail ? Promise.reject(new Error("away")) : Promise.resolve({ ticket: "t", user_id: "ayse" })),
    });
    socket.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(wires).toHaveLength(0);
    fail = false;
    await vi.advanceTimersByTimeAsync(250);
    expect(wires).toHaveLength(1);
  });

  it("delivers events in order and each once", async () => {
    await connect();
    socket.join("genel");
    enter(3);
    for (const sira of [4, 4, 3, 5]) wire().say(live(sira));
    expect(heard).toEqual(["katılım false", "mesaj 4", "mesaj 5"]);
  });

  it("asks for what is missing when the sira jumps, and hears it before what follows", async () => {
    await connect();
    socket.join("genel");
    enter(3);
    wire().say(live(6));
    expect(wire().last("oda_katil")).toMatchObject({ son_sira: 3, donem: "d1" });
    wire().say(live(7));
    const edit: Update = {
      tip: "mesaj_guncelleme",
      oda_id: "genel",
      sira: 5,
      mesaj_id: "m4",
      tur: "duzenleme",
      kullanici_id: "mehmet",
      zaman: "2026-11-20T15:05:00.000Z",
      icerik: "yeni",
    };
    enter(7, { kurtarildi: true, mesajlar: [message(4), edit, message(6), message(7)] });
    wire().say(live(8));
    expect(heard.slice(1)).toEqual(["katılım true", "mesaj 4", "güncelleme 5", "mesaj 6", "mesaj 7", "mesaj 8"]);
  });

  it("joins every room again from where it was after a cut", async () => {
    await connect();
    socket.join("genel");
    enter(3);
    wire().say(live(4));
    wire().drop(1006);
    await vi.advanceTimersByTimeAsync(250);
    wire().open();
    expect(wire().last("oda_katil")).toMatchObject({ oda_id: "genel", son_sira: 4, donem: "d1" });
  });

  it("starts from the room's new place when the log is another one", async () => {
    await connect();
    socket.join("genel");
    enter(30);
    wire().drop(1006);
    await vi.advanceTimersByTimeAsync(250);
    wire().open();
    enter(2, { donem: "d2" });
    wire().say(live(3));
    expect(heard.at(-1)).toBe("mesaj 3");
  });

  it("fills in what frames leave out", async () => {
    await connect();
    const messages: Message[] = [];
    socket.on("message", (event) => messages.push(event.message));
    socket.join("genel");
    enter(0);
    const { id, oda_id, gonderen_id, gonderen_ad, icerik, tip, zaman } = message(1);
    wire().say({
      tip: "mesaj",
      oda_id,
      sira: 1,
      mesaj: { id, oda_id, sira: 1, gonderen_id, gonderen_ad, icerik, tip, zaman },
    });
    expect(messages).toEqual([message(1)]);
  });

  it("sends what was said while it was away, once it is in the room", async () => {
    socket.send("genel", "bekleyen");
    await connect();
    expect(wire().count("mesaj_gonder")).toBe(0);
    enter(0);
    expect(wire().last("mesaj_gonder")).toMatchObject({ icerik: "bekleyen", istemci_id: "id1" });
  });

  it("sends the unacknowledged again under the same id, and nothing that was acknowledged", async () => {
    await connect();
    socket.join("genel");
    enter(0);
    socket.send("genel", "bir");
    socket.send("genel", "iki", "m0");
    wire().say({ tip: "mesaj_onay", ref: "id1", istemci_id: "id1", mesaj_id: "m1", sira: 1, alici_sayisi: 2 });
    wire().drop(1012);
    await vi.advanceTimersByTimeAsync(750);
    wire().open();
    enter(1, { kurtarildi: true });
    expect(wire().sent.filter((frame) => frame.tip === "mesaj_gonder")).toEqual([
      { tip: "mesaj_gonder", oda_id: "genel", icerik: "iki", istemci_id: "id2", ref: "id2", yanit: "m0" },
    ]);
    expect(heard).toContain("onay id1");
  });

  it("forgets a message that comes back from the room before its acknowledgement", async () => {
    await connect();
    socket.join("genel");
    enter(0);
    socket.send("genel", "bir");
    wire().say(live(1, { gonderen_id: "ayse", istemci_id: "id1" }));
    expect(socket.outbox.all()).toEqual([]);
  });

  it("keeps the unacknowledged over a reload", async () => {
    let kept: string | null = null;
    const storage = {
      read: () => kept,
      write: (value: string) => {
        kept = value;
      },
    };
    socket = make({ storage });
    socket.send("genel", "yarım kalan");
    socket = make({ storage });
    await connect();
    enter(0);
    expect(wire().last("mesaj_gonder")).toMatchObject({ icerik: "yarım kalan", istemci_id: "id1" });
  });

  it("waits as long as it is told to when it was too fast", async () => {
    const held: number[] = [];
    socket.on("held", ({ seconds }) => held.push(seconds));
    await connect();
    socket.join("genel");
    enter(0);
    socket.send("genel", "acele");
    wire().say({ tip: "hata", ref: "id1", kod: "hiz_siniri", baslik: "", ayrinti: "", bekle: 2 });
    await vi.advanceTimersByTimeAsync(1_900);
    expect(wire().count("mesaj_gonder")).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(wire().count("mesaj_gonder")).toBe(2);
    expect(held).toEqual([2]);
  });

  it("lets many that were too fast go on in single file and in their order", async () => {
    await connect();
    socket.join("genel");
    enter(0);
    const fast = { tip: "hata", kod: "hiz_siniri", baslik: "", ayrinti: "", bekle: 1 } as const;
    for (let index = 1; index <= 8; index += 1) socket.send("genel", `söz ${index}`);
    for (let index = 1; index <= 8; index += 1) wire().say({ ...fast, ref: `id${index}` });
    socket.send("genel", "söz 9");
    const sent = () => wire().sent.flatMap((frame) => (frame.tip === "mesaj_gonder" ? [frame.icerik] : []));
    expect(sent()).toHaveLength(8);
    for (let index = 1; index <= 9; index += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      expect(sent().slice(8)).toEqual(Array.from({ length: index }, (_, at) => `söz ${at + 1}`));
      if (index === 4) {
        wire().say({ ...fast, ref: "id4" });
        await vi.advanceTimersByTimeAsync(1_000);
        expect(sent().pop()).toBe("söz 4");
        wire().sent.pop();
      }
      const ref = `id${index}`;
      wire().say({ tip: "mesaj_onay", ref, istemci_id: ref, mesaj_id: `m${index}`, sira: index, alici_sayisi: 1 });
    }
    socket.send("genel", "artık serbest");
    expect(sent().at(-1)).toBe("artık serbest");
  });

  it("gives up what the server refuses for good", async () => {
    await connect();
    socket.join("genel");
    enter(0);
    socket.send("genel", "uzun");
    wire().say({ tip: "hata", ref: "id1", kod: "cok_uzun", baslik: "Çok uzun", ayrinti: "" });
    expect(heard.at(-1)).toBe("ret id1 cok_uzun");
    expect(socket.outbox.all()).toEqual([]);
  });

  it("routes an error to the request that asked", async () => {
    await connect();
    socket.join("genel");
    enter(0);
    const edit = socket.edit("genel", "m1", "yeni");
    const react = socket.react("genel", "m1", "👍", false);
    const problem = { tip: "hata", kod: "mesaj_sahibi_degil", baslik: "", ayrinti: "" } as const;
    wire().say({ ...problem, ref: wire().last("mesaj_duzenle").ref });
    wire().say({
      tip: "mesaj_onay",
      ref: wire().last("tepki").ref,
      istemci_id: null,
      mesaj_id: "m1",
      sira: 2,
      alici_sayisi: 1,
    });
    await expect(edit).rejects.toMatchObject({ problem: { kod: "mesaj_sahibi_degil" } });
    await expect(react).resolves.toMatchObject({ sira: 2 });
  });

  it("gives up a line on which nothing answers, and says it again on the next", async () => {
    await connect();
    socket.join("genel");
    enter(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(socket.connection.state).toBe("open");
    socket.send("genel", "duyan var mı");
    await vi.advanceTimersByTimeAsync(14_000);
    wire().say(live(1));
    await vi.advanceTimersByTimeAsync(14_000);
    expect(socket.connection.state).toBe("open");
    await vi.advanceTimersByTimeAsync(1_300);
    expect(wires).toHaveLength(2);
    wire().open();
    enter(1, { kurtarildi: true });
    expect(wire().last("mesaj_gonder")).toMatchObject({ icerik: "duyan var mı", istemci_id: "id1" });
  });

  it("makes sure of an open line when the network is back", async () => {
    await connect();
    socket.join("genel");
    enter(0);
    wire().say(live(1));
    socket.retry();
    expect(wire().last("oda_katil")).toMatchObject({ oda_id: "genel", son_sira: 1 });
    expect(socket.isJoined("genel")).toBe(true);
    wire().say(live(2));
    enter(2, { kurtarildi: true, mesajlar: [message(2)] });
    expect(heard.filter((event) => event === "mesaj 2")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wires).toHaveLength(1);
    socket.retry();
    await vi.advanceTimersByTimeAsync(15_250);
    expect(wires).toHaveLength(2);
  });

  it("writes nothing on a line that is closing, and says it on the next", async () => {
    await connect();
    socket.join("genel");
    enter(0);
    wire().readyState = 2;
    const frames = wire().sent.length;
    socket.typing("genel");
    socket.send("genel", "tam kapanırken");
    expect(wire().sent.length).toBe(frames);
    wire().drop(1012);
    await vi.advanceTimersByTimeAsync(5_000);
    wire().open();
    enter(0);
    expect(wire().last("mesaj_gonder")).toMatchObject({ icerik: "tam kapanırken" });
  });

  it("fails a request whose answer a cut has swallowed", async () => {
    await connect();
    socket.join("genel");
    enter(0);
    const edit = socket.edit("genel", "m1", "yeni");
    wire().drop(1006);
    await expect(edit).rejects.toMatchObject({ problem: { kod: "baglanti_koptu" } });
  });

  it("tells of a room it may not enter and stays out of it", async () => {
    const refused: string[] = [];
    socket.on("joinFailed", ({ room, problem }) => refused.push(`${room} ${problem.kod}`));
    await connect();
    socket.join("gizli");
    const { ref } = wire().last("oda_katil");
    wire().say({ tip: "hata", ref, kod: "oda_yok", baslik: "", ayrinti: "" });
    wire().drop(1006);
    await vi.advanceTimersByTimeAsync(250);
    wire().open();
    expect(refused).toEqual(["gizli oda_yok"]);
    expect(wire().count("oda_katil")).toBe(0);
  });

  it("tells when it is put out of a room, and that what is said there later was refused", async () => {
    const out: string[] = [];
    socket.on("putOut", ({ room }) => out.push(room));
    await connect();
    socket.join("genel");
    enter(0);
    wire().say({ tip: "oda_ayrilma", oda_id: "genel" });
    expect(out).toEqual(["genel"]);
    socket.send("genel", "kimse duymaz");
    wire().say({ tip: "hata", ref: wire().last("oda_katil").ref, kod: "oda_yok", baslik: "", ayrinti: "" });
    expect(heard.at(-1)).toBe("ret id1 oda_yok");
    expect(socket.outbox.all()).toEqual([]);
  });

  it("is silent after stop", async () => {
    await connect();
    socket.join("genel");
    socket.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wires).toHaveLength(1);
    expect(socket.connection).toEqual({ state: "idle" });
  });
});
