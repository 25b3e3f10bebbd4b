/** A room, a reader and a slow, torn line between them, in an order of things that a seed decides. */

import type { Message, Update } from "@meydan/client";
import { message, seeded, update } from "@meydan/client/testing";
import { describe, expect, it } from "vitest";
import { type Heard, RoomLog } from "./log";
import { LogReader } from "./reading";

class World {
  readonly log = new RoomLog();
  readonly reader = new LogReader(this.log, (limit, before) => this.ask(limit, before));
  /** The room as the server has it: what was said, as it stands now. */
  private stored: Message[] = [];
  private sira = 0;
  /** What is on its way on the socket, in order, and on requests, in any order. */
  private socket: (() => void)[] = [];
  private requests: (() => void)[] = [];
  private joined = false;

  constructor(private readonly below: (limit: number) => number) {
    for (let count = 0; count < 120; count++) this.happen();
    this.join();
  }

  step(): void {
    const acts: (() => void)[] = [
      () => this.happen(),
      () => this.happen(),
      () => this.socket.shift()?.(),
      () => this.socket.shift()?.(),
      () => this.socket.shift()?.(),
      () => this.requests.splice(this.below(this.requests.length), 1)[0]?.(),
      () => this.requests.splice(this.below(this.requests.length), 1)[0]?.(),
      () => void this.reader.older(),
      () => void this.reader.newer(),
      () => void this.reader.newer(),
      () => this.below(6) === 0 && void this.reader.goTo(1 + this.below(this.sira)),
      () => this.below(6) === 0 && void this.reader.toNewest(),
      () => this.below(20) === 0 && this.log.trim(),
      () => this.below(40) === 0 && this.cut(),
      () => this.below(40) === 0 && this.react(),
    ];
    acts[this.below(acts.length)]?.();
  }

  async rest(): Promise<void> {
    if (!this.joined) this.join();
    while (this.socket.length + this.requests.length > 0) {
      this.socket.shift()?.();
      this.requests.shift()?.();
      await Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  /** What is wrong with what is shown, if anything is. */
  fault(): string | null {
    const { messages, status } = this.log.view.get();
    if (status !== "ready" || messages.length === 0) return null;
    const from = this.stored.findIndex(({ id }) => id === messages[0]?.id);
    const hole = messages.findIndex(({ id }, index) => this.stored[from + index]?.id !== id);
    return hole < 0 ? null : `after ${messages[hole - 1]?.sira} comes ${messages[hole]?.sira}`;
  }

  /** At the end, with nothing on its way: what is shown is what the room has. */
  atRest(): void {
    const { messages, attached } = this.log.view.get();
    const from = this.stored.findIndex(({ id }) => id === messages[0]?.id);
    const to = attached ? this.stored.length : from + messages.length;
    const words = (all: readonly Message[]) => all.map(({ sira, icerik }) => `${sira} ${icerik}`);
    expect(words(messages)).toEqual(words(this.stored.slice(from, to)));
  }

  private happen({ change = this.below(4) === 0 } = {}): void {
    this.sira += 1;
    const { sira } = this;
    const [changed] = change ? this.stored.slice(this.below(this.stored.length)) : [];
    let event: Message | Update = message(sira);
    if (changed) {
      event = update(sira, { mesaj_id: changed.id, icerik: `düzeltme ${sira}` });
      this.stored = this.stored.map((said) => (said === changed ? { ...said, icerik: `düzeltme ${sira}` } : said));
    } else this.stored = [...this.stored, event as Message];
    if (this.joined) this.socket.push(() => this.log.hear(event as Heard));
  }

  /** The answer to a join says how far the room is; what is said from then on is heard. */
  private join(): void {
    this.joined = true;
    const { sira } = this;
    this.socket.push(() => this.reader.reach(sira));
    if (this.log.view.get().status === "empty") void this.reader.newest();
  }

  /** More happens to what was said than a page can hold. */
  private react(): void {
    for (let count = 0; count < 300; count++) this.happen({ change: true });
  }

  private cut(): void {
    this.socket = [];
    this.joined = false;
    for (let count = this.below(70); count > 0; count--) this.happen();
    this.join();
  }

  private ask(limit: number, before = Number.POSITIVE_INFINITY): Promise<{ mesajlar: Message[]; devami: boolean }> {
    return new Promise((resolve, reject) => {
      const fails = this.below(25) === 0;
      const answer = () => {
        const found = this.stored.filter(({ sira }) => sira < before);
        const page = { mesajlar: found.slice(-limit), devami: found.length > limit };
        this.requests.push(() => (fails ? reject(new Error("away")) : resolve(page)));
      };
      this.requests.push(answer);
    });
  }
}

describe("a reader on a slow, torn line", () => {
  it.each(Array.from({ length: 15 }, (_, seed) => [seed]))(
    "never shows a hole and ends with the room (%i)",
    async (seed) => {
      const world = new World(seeded(seed));
      for (let count = 0; count < 600; count++) {
        world.step();
        await Promise.resolve();
        if (count % 10 === 0) await new Promise((resolve) => setTimeout(resolve));
        const fault = world.fault();
        if (fault) throw new Error(fault);
      }
      await world.rest();
      if (world.log.view.get().status === "failed") await Promise.all([world.reader.newest(), world.rest()]);
      world.atRest();
    },
  );
});
