/** A server, a line that is slow and breaks, and a person who talks; a seed decides what happens when. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Wire } from "./events";
import { Socket } from "./socket";
import { seeded } from "./testing";
import type { ClientFrame, Message, ServerFrame } from "./wire";

const ROOM = "genel";

/** The server's room: stores each `istemci_id` once, and answers a join with what was missed or with none of it. */
class Server {
  readonly log: Message[] = [];
  private readonly lines = new Set<Line>();
  private readonly inRoom = new Set<Line>();

  constructor(
    private readonly below: (limit: number) => number,
    private readonly moods: readonly string[],
  ) {}

  connect(): Line {
    const line = new Line(this, this.below);
    this.lines.add(line);
    return line;
  }

  leave(line: Line): void {
    this.lines.delete(line);
    this.inRoom.delete(line);
  }

  cut(): void {
    for (const line of [...this.lines]) line.cut();
  }

  /** Somebody else says something. */
  talk(): void {
    this.store({ gonderen_id: "mehmet", icerik: "bir şey" });
  }

  take(line: Line, frame: ClientFrame): void {
    if (frame.tip === "oda_katil") {
      this.inRoom.add(line);
      const sira = this.log.length;
      const kurtarildi = frame.son_sira !== undefined && this.below(4) > 0;
      const mesajlar = kurtarildi ? this.log.slice(frame.son_sira) : [];
      const place = { katilimci_sayisi: 1, katilimcilar: [], misafirler: {}, okunan_sira: 0, donem: "d1", sira };
      line.answer({ tip: "oda_katilim", oda_id: ROOM, ref: frame.ref, kurtarildi, mesajlar, ...place } as ServerFrame);
    } else if (frame.tip === "mesaj_gonder") {
      const mood = this.moods[this.below(this.moods.length)];
      if (!this.inRoom.has(line)) line.refuse(frame.ref, "odada_degil");
      else if (mood === "hiz_siniri") line.refuse(frame.ref, mood, 1 + this.below(3));
      else if (mood === "gecici_kesinti") line.refuse(frame.ref, mood);
      else this.send(line, frame);
    }
  }

  private send(line: Line, frame: Extract<ClientFrame, { tip: "mesaj_gonder" }>): void {
    const { istemci_id, icerik, ref } = frame;
    const known = this.log.find((said) => said.gonderen_id === "ayse" && said.istemci_id === istemci_id);
    const said = known ?? this.store({ gonderen_id: "ayse", icerik, istemci_id });
    line.answer({ tip: "mesaj_onay", ref, istemci_id, mesaj_id: said.id, sira: said.sira } as ServerFrame);
  }

  private store(said: Pick<Message, "gonderen_id" | "icerik"> & { istemci_id?: string | undefined }): Message {
    const sira = this.log.length + 1;
    const stored = { id: `m${sira}`, oda_id: ROOM, sira, tip: "metin", ...said } as Message;
    this.log.push(stored);
    for (const line of this.inRoom) line.answer({ tip: "mesaj", oda_id: ROOM, sira, mesaj: stored } as ServerFrame);
    return stored;
  }
}

/** One connection: what goes in and out stays in its order, takes its time, and is lost when the line is cut. */
class Line implements Wire {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly readyState = 1; // a cut is not noticed at once
  private whole = true;
  private inAt = 0;
  private outAt = 0;

  constructor(
    private readonly server: Server,
    private readonly below: (limit: number) => number,
  ) {
    setTimeout(() => this.whole && this.onopen?.(undefined as never), this.below(400));
  }

  send(data: string): void {
    const frame = JSON.parse(data) as ClientFrame;
    this.inAt = Math.max(this.inAt, Date.now() + this.below(400));
    setTimeout(() => this.whole && this.server.take(this, frame), this.inAt - Date.now());
  }

  answer(frame: ServerFrame): void {
    this.outAt = Math.max(this.outAt, Date.now() + this.below(400));
    setTimeout(() => this.whole && this.onmessage?.({ data: JSON.stringify(frame) }), this.outAt - Date.now());
  }

  refuse(ref: string | undefined, kod: string, bekle?: number): void {
    this.answer({ tip: "hata", ref, kod, baslik: "", ayrinti: "", bekle } as ServerFrame);
  }

  close(): void {
    if (this.whole) this.server.leave(this);
    this.whole = false;
  }

  cut(): void {
    this.close();
    setTimeout(() => this.onclose?.({ code: this.below(2) ? 1006 : 1012 }), this.below(2_000));
  }
}

/** Talk for a while on a line that breaks now and then; return what was said, and what is wrong with what was heard. */
async function evening(seed: number, moods: readonly string[]) {
  const below = seeded(seed);
  const server = new Server(below, moods);
  const faults: string[] = [];
  const said: string[] = [];
  let next = 1;
  let ids = 0;
  const socket = new Socket({
    url: () => "",
    ticket: () => (below(6) ? Promise.resolve({ ticket: "t", user_id: "ayse" }) : Promise.reject(new Error("away"))),
    open: () => server.connect(),
    random: () => below(100) / 100,
    newId: () => `c${++ids}`,
  });
  socket.on("joined", ({ frame }) => {
    if (!frame.kurtarildi) next = frame.sira + 1;
  });
  socket.on("message", ({ message }) => {
    if (message.sira !== next) faults.push(`${message.sira} instead of ${next}`);
    next = message.sira + 1;
  });
  socket.on("rejected", ({ pending, problem }) => faults.push(`${pending.id} refused: ${problem.kod}`));
  socket.start();
  socket.join(ROOM);
  for (let step = 0; step < 150; step++) {
    const what = below(12);
    if (what < 4) said.push(socket.send(ROOM, `söz ${step}`).id);
    else if (what < 8) server.talk();
    else if (what === 8 && below(3) === 0) server.cut();
    else if (what === 9) socket.retry();
    await vi.advanceTimersByTimeAsync(below(600));
  }
  await vi.advanceTimersByTimeAsync(900_000);
  const stored = server.log.filter(({ gonderen_id }) => gonderen_id === "ayse").map(({ istemci_id }) => istemci_id);
  const { length } = socket.outbox.all();
  socket.stop();
  return { faults, said, stored, waiting: length, missed: server.log.length + 1 - next };
}

describe("an evening on a line that breaks", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const seeds = Array.from({ length: 40 }, (_, seed) => [seed]);

  it.each(seeds)("stores what was said once and in its order, and hears everything (%i)", async (seed) => {
    const { said, stored, ...rest } = await evening(seed, ["well"]);
    expect(rest).toEqual({ faults: [], waiting: 0, missed: 0 });
    expect(stored).toEqual(said);
  });

  it.each(seeds)("loses nothing to a server that is short of breath (%i)", async (seed) => {
    const { said, stored, ...rest } = await evening(seed, ["well", "well", "hiz_siniri", "gecici_kesinti"]);
    expect(rest).toEqual({ faults: [], waiting: 0, missed: 0 });
    expect([...stored].sort()).toEqual([...said].sort());
  });
});
