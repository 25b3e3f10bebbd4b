/**
 * One connection to the square, kept for as long as it is wanted.
 *
 * It asks for a fresh ticket before each connect, reconnects with full jitter, joins every wanted room again from the
 * last `sira` it saw, and holds what was sent until the server has acknowledged it: after a cut, the same
 * `istemci_id` goes out again and the server stores it once. A room's events leave here in order, each exactly once.
 */

import { Outbox, type OutboxStorage, type Pending } from "./outbox";
import type { Ack, ClientFrame, Joined, Message, Notice, Problem, ServerFrame, Update, WireMessage } from "./wire";
import { complete, isUpdate } from "./wire";

export type Connection =
  | { state: "idle" }
  | { state: "connecting"; attempt: number }
  | { state: "open" }
  | { state: "waiting"; attempt: number; until: number }
  | { state: "refused"; code: number };

/** What the rest of the program hears. `joined` with `recovered: false` means: fetch the room's history anew. */
export interface SocketEvents {
  connection: Connection;
  joined: { room: string; frame: Joined };
  message: { room: string; message: Message };
  update: { room: string; update: Update };
  acknowledged: { pending: Pending; ack: Ack };
  rejected: { pending: Pending; problem: Problem };
  held: { room: string; seconds: number };
  joinFailed: { room: string; problem: Problem };
  /** The server has taken this person out of the room: it was archived, or they were removed. */
  putOut: { room: string };
  typing: { room: string; userId: string };
  read: { room: string; userId: string; sira: number };
  presence: { room: string; came: readonly string[]; went: readonly string[]; count: number | null };
  notice: Notice;
  problem: Problem;
}

export interface Ticket {
  readonly ticket: string;
  readonly user_id: string;
}

/** The part of a browser's WebSocket that is used; tests bring their own. */
export interface Wire {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

export interface SocketOptions {
  url: (ticket: Ticket) => string;
  ticket: () => Promise<Ticket>;
  open?: (url: string) => Wire;
  random?: () => number;
  newId?: () => string;
  storage?: OutboxStorage;
  answerSeconds?: number;
}

interface Room {
  joined: boolean;
  joinRef: string | null;
  cursor: { sira: number; donem: string } | null;
  /** While something waits for its turn, one message is on its way at a time: none overtakes another. */
  paced: boolean;
  heldUntil: number;
  release: ReturnType<typeof setTimeout> | null;
}

interface Waiter {
  resolve: (ack: Ack) => void;
  reject: (problem: Problem) => void;
  timer: ReturnType<typeof setTimeout>;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const RESTART_DELAY_MS = 1_500;
const FINAL_CODES = new Set([4003, 4009]);
const RETRYABLE = new Set(["gecici_kesinti", "kapaniyor", "odada_degil"]);

export class RequestFailed extends Error {
  constructor(readonly problem: Problem) {
    super(problem.kod);
  }
}

export class Socket {
  connection: Connection = { state: "idle" };
  readonly outbox: Outbox;

  private wire: Wire | null = null;
  private wanted = false;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private generation = 0;
  private refs = 0;
  private readonly rooms = new Map<string, Room>();
  private readonly waiters = new Map<string, Waiter>();
  private readonly listeners = new Map<keyof SocketEvents, Set<(event: never) => void>>();

  constructor(private readonly options: SocketOptions) {
    this.outbox = new Outbox(options.storage);
    for (const pending of this.outbox.all()) this.room(pending.room);
  }

  /** Call `listener` for every event of `kind`; the returned function stops that. */
  on<K extends keyof SocketEvents>(kind: K, listener: (event: SocketEvents[K]) => void): () => void {
    const set = this.listeners.get(kind) ?? new Set();
    set.add(listener as (event: never) => void);
    this.listeners.set(kind, set);
    return () => set.delete(listener as (event: never) => void);
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.attempt = 0;
    void this.connect();
  }

  stop(): void {
    this.wanted = false;
    this.generation += 1;
    if (this.timer) clearTimeout(this.timer);
    const wire = this.wire;
    this.wire = null;
    wire?.close(1000);
    this.forgetConnection();
    this.setConnection({ state: "idle" });
  }

  /** Try again now, as when the browser is online again or the person asked for it; make sure of a line that is open. */
  retry(): void {
    if (!this.wanted || this.connection.state === "connecting") return;
    if (this.connection.state === "open") {
      const [joined] = [...this.rooms].filter(([, room]) => room.joined);
      if (joined && joined[1].joinRef === null) this.askForRoom(...joined);
      return;
    }
    if (this.timer) clearTimeout(this.timer);
    this.attempt = 0;
    void this.connect();
  }

  /** Enter a room and stay in it over reconnections. */
  join(roomId: string): void {
    const room = this.room(roomId);
    if (!room.joined && room.joinRef === null) this.sendJoin(roomId, room);
  }

  leave(roomId: string): void {
    const room = this.rooms.get(roomId);
    if (!room) return;
    this.rooms.delete(roomId);
    if (room.joined) this.write({ tip: "oda_ayril", oda_id: roomId });
  }

  isJoined(roomId: string): boolean {
    return this.rooms.get(roomId)?.joined ?? false;
  }

  /** Say something; it goes out now or as soon as it can, and is told of through `acknowledged` or `rejected`. */
  send(roomId: string, text: string, replyTo?: string): Pending {
    const pending: Pending = { id: this.newId(), room: roomId, text, replyTo: replyTo ?? null, at: Date.now() };
    this.outbox.add(pending);
    const room = this.room(roomId);
    if (room.joined && !room.paced) this.writePending(pending);
    else this.join(roomId);
    return pending;
  }

  /** Send again what was rejected, under the same identity. */
  resend(pending: Pending): void {
    this.outbox.add(pending);
    const room = this.room(pending.room);
    if (room.joined && !room.paced) this.writePending(pending);
    else this.join(pending.room);
  }

  edit(roomId: string, messageId: string, text: string): Promise<Ack> {
    return this.request((ref) => ({ tip: "mesaj_duzenle", oda_id: roomId, mesaj_id: messageId, icerik: text, ref }));
  }

  remove(roomId: string, messageId: string): Promise<Ack> {
    return this.request((ref) => ({ tip: "mesaj_sil", oda_id: roomId, mesaj_id: messageId, ref }));
  }

  react(roomId: string, messageId: string, emoji: string, off: boolean): Promise<Ack> {
    return this.request((ref) => ({
      tip: "tepki",
      oda_id: roomId,
      mesaj_id: messageId,
      emoji,
      kaldir: off,
      ref,
    }));
  }

  typing(roomId: string): void {
    if (this.isJoined(roomId)) this.write({ tip: "yaziyor", oda_id: roomId });
  }

  markRead(roomId: string, sira: number): void {
    if (this.isJoined(roomId)) this.write({ tip: "okundu", oda_id: roomId, sira });
  }

  private async connect(): Promise<void> {
    const generation = ++this.generation;
    this.setConnection({ state: "connecting", attempt: this.attempt });
    let ticket: Ticket;
    try {
      ticket = await this.options.ticket();
    } catch {
      if (generation === this.generation) this.schedule(1006);
      return;
    }
    if (generation !== this.generation || !this.wanted) return;
    const open = this.options.open ?? ((url: string) => new WebSocket(url) as unknown as Wire);
    const wire = open(this.options.url(ticket));
    this.wire = wire;
    wire.onopen = () => {
      if (this.wire !== wire) return;
      this.attempt = 0;
      this.setConnection({ state: "open" });
      for (const [id, room] of this.rooms) this.sendJoin(id, room);
    };
    wire.onmessage = (event) => {
      if (this.wire !== wire || typeof event.data !== "string") return;
      this.receive(JSON.parse(event.data) as ServerFrame);
      this.watch({ anew: true });
    };
    wire.onclose = (event) => {
      if (this.wire !== wire) return;
      this.wire = null;
      this.forgetConnection();
      if (!this.wanted) return;
      if (FINAL_CODES.has(event.code)) {
        this.wanted = false;
        this.setConnection({ state: "refused", code: event.code });
        return;
      }
      this.schedule(event.code);
    };
    wire.onerror = () => undefined;
  }

  /** Give up a line on which something waits for an answer and nothing at all comes in: it may be dead for minutes. */
  private watch({ anew = false } = {}): void {
    if (anew) clearTimeout(this.silence);
    if (anew) this.silence = undefined;
    if (!this.wire || !this.awaited()) return;
    const { wire } = this;
    this.silence ??= setTimeout(() => {
      this.silence = undefined;
      if (this.wire !== wire) return;
      this.wire = null;
      wire.close();
      this.forgetConnection();
      this.schedule(1006);
    }, this.answerMs);
  }

  private awaited(): boolean {
    if (this.waiters.size > 0) return true;
    for (const room of this.rooms.values()) if (room.joinRef !== null) return true;
    return this.outbox.all().some(({ room: id }) => {
      const room = this.rooms.get(id);
      return room?.joined && !room.release;
    });
  }

  private get answerMs(): number {
    return (this.options.answerSeconds ?? 15) * 1000;
  }

  private schedule(code: number): void {
    const random = this.options.random ?? Math.random;
    const ceiling =
      code === 1012 && this.attempt === 0
        ? RESTART_DELAY_MS
        : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.attempt);
    const delay = Math.round(random() * ceiling);
    this.attempt += 1;
    this.setConnection({ state: "waiting", attempt: this.attempt, until: Date.now() + delay });
    this.timer = setTimeout(() => void this.connect(), delay);
  }

  private forgetConnection(): void {
    clearTimeout(this.silence);
    this.silence = undefined;
    for (const room of this.rooms.values()) {
      room.joined = false;
      room.joinRef = null;
      room.paced = false;
      if (room.release) clearTimeout(room.release);
      room.release = null;
    }
    for (const [ref, waiter] of this.waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(lost(ref));
    }
    this.waiters.clear();
  }

  private receive(frame: ServerFrame): void {
    switch (frame.tip) {
      case "mesaj":
        return this.advance(frame.oda_id, frame.sira, () => this.deliver(frame.mesaj));
      case "mesaj_guncelleme":
        return this.advance(frame.oda_id, frame.sira, () => this.emit("update", { room: frame.oda_id, update: frame }));
      case "oda_katilim":
        return this.entered(frame);
      case "oda_ayrilma":
        if (this.rooms.delete(frame.oda_id)) this.emit("putOut", { room: frame.oda_id });
        return;
      case "mesaj_onay":
        return this.acknowledged(frame);
      case "hata":
        return this.failed(frame);
      case "yaziyor":
        return this.emit("typing", { room: frame.oda_id, userId: frame.kullanici_id });
      case "okundu":
        return this.emit("read", { room: frame.oda_id, userId: frame.kullanici_id, sira: frame.sira });
      case "durum":
        return this.emit("presence", {
          room: frame.oda_id,
          came: frame.gelenler,
          went: frame.gidenler,
          count: frame.katilimci_sayisi,
        });
      case "katilim":
        return this.emit("presence", { room: frame.oda_id, came: [frame.kullanici_id], went: [], count: null });
      case "ayrilma":
        return this.emit("presence", { room: frame.oda_id, came: [], went: [frame.kullanici_id], count: null });
      case "bildirim":
        return this.emit("notice", frame.bildirim);
      default:
        return;
    }
  }

  /** Let an event through when it is the next one; drop what was seen; on a jump ask for what is missing. */
  private advance(roomId: string, sira: number, deliver: () => void): void {
    const room = this.rooms.get(roomId);
    if (!room?.joined || !room.cursor || sira <= room.cursor.sira) return;
    if (sira > room.cursor.sira + 1) {
      this.sendJoin(roomId, room);
      return;
    }
    room.cursor.sira = sira;
    deliver();
  }

  private entered(frame: Joined): void {
    const room = this.rooms.get(frame.oda_id);
    if (!room) return;
    if (frame.ref !== undefined && room.joinRef !== null && frame.ref !== room.joinRef) return;
    const seen = frame.kurtarildi ? (room.cursor?.sira ?? 0) : frame.sira;
    room.joined = true;
    room.joinRef = null;
    room.cursor = { sira: frame.sira, donem: frame.donem };
    this.emit("joined", { room: frame.oda_id, frame });
    for (const event of frame.mesajlar) {
      if (event.sira <= seen) continue;
      if (isUpdate(event)) this.emit("update", { room: frame.oda_id, update: event });
      else this.deliver(event);
    }
    this.flush(frame.oda_id, room);
  }

  private deliver(frame: WireMessage): void {
    const message = complete(frame);
    if (message.istemci_id && this.outbox.remove(message.istemci_id)) this.next(message.oda_id);
    this.emit("message", { room: message.oda_id, message });
  }

  private acknowledged(frame: Ack): void {
    const waiter = frame.ref === undefined ? undefined : this.waiters.get(frame.ref);
    if (waiter && frame.ref !== undefined) {
      this.waiters.delete(frame.ref);
      clearTimeout(waiter.timer);
      waiter.resolve(frame);
      return;
    }
    const id = frame.ref ?? frame.istemci_id;
    const pending = id ? this.outbox.remove(id) : null;
    if (!pending) return;
    this.emit("acknowledged", { pending, ack: frame });
    this.next(pending.room);
  }

  private failed(problem: Problem): void {
    const { ref } = problem;
    if (ref === undefined) return this.emit("problem", problem);
    const waiter = this.waiters.get(ref);
    if (waiter) {
      this.waiters.delete(ref);
      clearTimeout(waiter.timer);
      waiter.reject(problem);
      return;
    }
    for (const [id, room] of this.rooms) {
      if (room.joinRef !== ref) continue;
      room.joinRef = null;
      if (problem.kod === "hiz_siniri" || problem.kod === "gecici_kesinti") {
        this.later(problem.bekle ?? 1, () => this.sendJoin(id, room));
        return;
      }
      this.rooms.delete(id);
      this.emit("joinFailed", { room: id, problem });
      for (const pending of this.outbox.of(id)) this.giveUp(pending, problem);
      return;
    }
    const pending = this.outbox.get(ref);
    if (!pending) return this.emit("problem", problem);
    if (problem.kod === "hiz_siniri" || RETRYABLE.has(problem.kod)) {
      const room = this.room(pending.room);
      const seconds = problem.bekle ?? 1;
      if (problem.kod === "hiz_siniri") this.emit("held", { room: pending.room, seconds });
      if (problem.kod !== "odada_degil") this.hold(pending.room, room, seconds);
      else if (room.joinRef === null) this.sendJoin(pending.room, room);
      return;
    }
    this.giveUp(pending, problem);
    this.next(pending.room);
  }

  private giveUp(pending: Pending, problem: Problem): void {
    this.outbox.remove(pending.id);
    this.emit("rejected", { pending, problem });
  }

  /** Let what waits in a room go on after `seconds`, however many refusals told so, and from then on in single file. */
  private hold(roomId: string, room: Room, seconds: number): void {
    room.paced = true;
    const until = Date.now() + seconds * 1000;
    if (room.release && until <= room.heldUntil) return;
    if (room.release) clearTimeout(room.release);
    room.heldUntil = until;
    room.release = setTimeout(() => {
      room.release = null;
      this.next(roomId);
    }, seconds * 1000);
  }

  /** Send the first of those that wait for their turn. */
  private next(roomId: string): void {
    const room = this.rooms.get(roomId);
    if (!room?.joined || !room.paced || room.release) return;
    const [first] = this.outbox.of(roomId);
    if (first) this.writePending(first);
    else room.paced = false;
  }

  private flush(roomId: string, room: Room): void {
    if (room.paced) return this.next(roomId);
    for (const pending of this.outbox.of(roomId)) this.writePending(pending);
  }

  private writePending(pending: Pending): void {
    this.write({
      tip: "mesaj_gonder",
      oda_id: pending.room,
      icerik: pending.text,
      istemci_id: pending.id,
      ref: pending.id,
      ...(pending.replyTo ? { yanit: pending.replyTo } : {}),
    });
  }

  private sendJoin(roomId: string, room: Room): void {
    if (this.connection.state !== "open") return;
    room.joined = false;
    this.askForRoom(roomId, room);
  }

  /** Ask for all that was said since what was heard last; who is in the room already stays in it meanwhile. */
  private askForRoom(roomId: string, room: Room): void {
    const ref = this.nextRef();
    room.joinRef = ref;
    const after = room.cursor ? { son_sira: room.cursor.sira, donem: room.cursor.donem } : {};
    this.write({ tip: "oda_katil", oda_id: roomId, ref, ...after });
  }

  private request(make: (ref: string) => ClientFrame): Promise<Ack> {
    return new Promise<Ack>((resolve, reject) => {
      const ref = this.nextRef();
      if (this.connection.state !== "open") {
        reject(new RequestFailed(lost(ref)));
        return;
      }
      const fail = (problem: Problem) => reject(new RequestFailed(problem));
      const timer = setTimeout(() => {
        this.waiters.delete(ref);
        fail(lost(ref));
      }, this.answerMs);
      this.waiters.set(ref, { resolve, reject: fail, timer });
      this.write(make(ref));
    });
  }

  private write(frame: ClientFrame): void {
    if (!this.wire || this.connection.state !== "open") return;
    this.wire.send(JSON.stringify(frame));
    this.watch();
  }

  private room(roomId: string): Room {
    let room = this.rooms.get(roomId);
    if (!room) {
      room = { joined: false, joinRef: null, cursor: null, paced: false, heldUntil: 0, release: null };
      this.rooms.set(roomId, room);
    }
    return room;
  }

  private later(seconds: number, act: () => void): void {
    const generation = this.generation;
    setTimeout(() => {
      if (generation === this.generation && this.wanted) act();
    }, seconds * 1000);
  }

  private nextRef(): string {
    this.refs += 1;
    return `r${this.refs}`;
  }

  private newId(): string {
    return this.options.newId ? this.options.newId() : randomId();
  }

  private setConnection(connection: Connection): void {
    this.connection = connection;
    this.emit("connection", connection);
  }

  private emit<K extends keyof SocketEvents>(kind: K, event: SocketEvents[K]): void {
    for (const listener of [...(this.listeners.get(kind) ?? [])]) (listener as (event: SocketEvents[K]) => void)(event);
  }
}

function lost(ref: string): Problem {
  return { tip: "hata", ref, kod: "baglanti_koptu", baslik: "", ayrinti: "" };
}

/** `crypto.randomUUID` exists in secure contexts only; a square on a plain LAN address has none. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
