/** Messages, updates and chance for the tests of whatever uses this client. */

import type { Wire } from "./events";
import { type ClientFrame, complete, type Message, type ServerFrame, type Update } from "./wire";

export const message = (sira: number, more: Partial<Message> = {}): Message => ({
  ...complete({
    id: `m${sira}`,
    oda_id: "genel",
    sira,
    gonderen_id: "ayse",
    gonderen_ad: "Ayşe",
    icerik: `söz ${sira}`,
    tip: "metin",
    zaman: new Date(Date.UTC(2026, 10, 20, 12, sira)).toISOString(),
  }),
  ...more,
});

export const update = (sira: number, more: Partial<Update>): Update => ({
  tip: "mesaj_guncelleme",
  oda_id: "genel",
  sira,
  mesaj_id: "m1",
  tur: "duzenleme",
  kullanici_id: "ayse",
  zaman: "2026-11-20T13:00:00.000Z",
  ...more,
});

export const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);

/** Whole numbers from 0 to below a limit, the same ones for the same seed (Mulberry32). */
export function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit);
  };
}

/** The server's end of one connection: hears what was sent, says what it likes. */
export class FakeWire implements Wire {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly sent: ClientFrame[] = [];
  readyState = 0;

  constructor(readonly url: string) {}

  send(data: string): void {
    if (this.readyState !== 1) throw new Error(`sent in state ${this.readyState}`);
    this.sent.push(JSON.parse(data) as ClientFrame);
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.({ code: 1000 });
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.(undefined as never);
  }

  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  last<T extends ClientFrame["tip"]>(tip: T): Extract<ClientFrame, { tip: T }> {
    const frame = this.sent.findLast((item) => item.tip === tip);
    if (!frame) throw new Error(`no ${tip} was sent`);
    return frame as Extract<ClientFrame, { tip: T }>;
  }

  count(tip: ClientFrame["tip"]): number {
    return this.sent.filter((item) => item.tip === tip).length;
  }
}
