/**
 * One connection to the square, kept for as long as it is wanted.
 *
 * It asks for a fresh ticket before each connect, reconnects with full jitter, joins every wanted room again from the
 * last `sira` it saw, and holds what was sent until the server has acknowledged it: after a cut, the same
 * `istemci_id` goes out again and the server stores it once. A room's events leave here in order, each exactly once.
 */

import { Answers } from "./answers";
import { type Connection, Events, type SocketOptions, type Ticket, type Wire } from "./events";
import { Outbox, type Pending, randomId } from "./outbox";
import { delayBefore } from "./patience";
import { newRoom, type Room } from "./room";
import type { Ack, ClientFrame, Joined, Limits, Problem, ServerFrame, WireMessage } from "./wire";
import { complete, isUpdate } from "./wire";

const FINAL_CODES = new Set([4003, 4009]);
const RETRYABLE = new Set(["gecici_kesinti", "kapaniyor", "odada_degil"]);

export class Socket extends Events {
  connection: Connection = { state: "idle" };
  limits: Limits | null = null;
  readonly outbox: Outbox;

  private wire: Wire | null = null;
  private wanted = false;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private opening: ReturnType<typeof setTimeout> | undefined;
  private generation = 0;
  private refs = 0;
  private readonly rooms = new Map<string, Room>();
  private readonly answers: Answers;

  constructor(private readonly options: SocketOptions) {
    super();
    this.answers = new Answers((options.answerSeconds ?? 15) * 1000);
    this.outbox = new Outbox(options.storage);
    for (const pending of this.outbox.all()) this.room(pending.room);
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.retry();
  }

  stop(): void {
    this.wanted = false;
    if (this.timer) clearTimeout(this.timer);
    this.hangUp(1000);
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
    const pending: Pending = {
      id: this.options.newId?.() ?? randomId(),
      room: roomId,
      text,
      replyTo: replyTo ?? null,
      at: Date.now(),
    };
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

  /** Bring back what one has just deleted. */
  restore(roomId: string, messageId: string): Promise<Ack> {
    return this.request((ref) => ({ tip: "mesaj_geri_getir", oda_id: roomId, mesaj_id: messageId, ref }));
  }

  react(roomId: string, messageId: string, emoji: string, off: boolean): Promise<Ack> {
    const which = { oda_id: roomId, mesaj_id: messageId, emoji, kaldir: off };
    return this.request((ref) => ({ tip: "tepki", ...which, ref }));
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
    clearTimeout(this.opening);
    this.opening = setTimeout(() => this.abandon(), this.answers.patienceMs);
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
      clearTimeout(this.opening);
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
      if (FINAL_CODES.has(event.code)) {
        this.wanted = false;
        this.setConnection({ state: "refused", code: event.code });
        return;
      }
      this.schedule(event.code);
    };
  }

  /** Give up a line on which something waits for an answer and nothing at all comes in: it may be dead for minutes. */
  private watch({ anew = false } = {}): void {
    if (anew) clearTimeout(this.silence);
    if (anew) this.silence = undefined;
    if (!this.wire || !this.awaited()) return;
    this.silence ??= setTimeout(() => this.abandon(), this.answers.patienceMs);
  }

  private abandon(): void {
    this.hangUp();
    this.schedule(1006);
  }

  private hangUp(code?: number): void {
    this.generation += 1;
    clearTimeout(this.opening);
    const { wire } = this;
    this.wire = null;
    wire?.close(code);
    this.forgetConnection();
  }

  private awaited(): boolean {
    if (this.answers.awaited) return true;
    for (const room of this.rooms.values()) if (room.joinRef !== null) return true;
    return this.outbox.all().some(({ room: id }) => {
      const room = this.rooms.get(id);
      return room?.joined && !room.release;
    });
  }

  private schedule(code: number): void {
    clearTimeout(this.opening);
    const delay = delayBefore(this.attempt, code, this.options.random ?? Math.random);
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
    this.answers.loseAll();
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
        if (this.rooms.delete(frame.oda_id)) this.emit("putOut", { room: frame.oda_id, why: frame.neden ?? null });
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
          guests: frame.misafirler,
          count: frame.katilimci_sayisi,
        });
      case "katilim":
      case "ayrilma": {
        const [came, went] = frame.tip === "katilim" ? [[frame.kullanici_id], []] : [[], [frame.kullanici_id]];
        const guests = frame.misafir ? { [frame.kullanici_id]: frame.ad } : {};
        return this.emit("presence", { room: frame.oda_id, came, went, guests, count: null });
      }
      case "sistem":
        this.attempt = 0; // an open line may still be refused: this is the welcome
        this.emit("welcome", null);
        return frame.sinirlar && this.bound(frame.sinirlar);
      case "sinirlar":
        return this.bound(frame);
      case "bildirim":
        return this.emit("notice", frame.bildirim);
      case "bildirim_okundu":
        return this.emit("noticesRead", frame.idler);
      case "bildirim_geri":
        return this.emit("noticesGone", frame.idler);
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

  private bound({ azami_uzunluk, geri_getirme_suresi }: Limits): void {
    this.limits = { azami_uzunluk, geri_getirme_suresi };
    this.emit("limits", this.limits);
  }

  private deliver(frame: WireMessage): void {
    const message = complete(frame);
    if (message.istemci_id && this.outbox.remove(message.istemci_id)) this.next(message.oda_id);
    this.emit("message", { room: message.oda_id, message });
  }

  private acknowledged(frame: Ack): void {
    if (this.answers.acknowledged(frame.ref, frame)) return;
    const id = frame.ref ?? frame.istemci_id;
    const pending = id ? this.outbox.remove(id) : null;
    if (!pending) return;
    this.emit("acknowledged", { pending, ack: frame });
    this.next(pending.room);
  }

  private failed(problem: Problem): void {
    const { ref } = problem;
    if (ref === undefined) return this.emit("problem", problem);
    if (this.answers.failed(ref, problem)) return;
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
    const ref = this.nextRef();
    const open = this.connection.state === "open";
    return this.answers.wait(ref, open ? () => this.write(make(ref)) : null);
  }

  private write(frame: ClientFrame): void {
    if (this.wire?.readyState !== 1 || this.connection.state !== "open") return;
    this.wire.send(JSON.stringify(frame));
    this.watch();
  }

  private room(roomId: string): Room {
    const room = this.rooms.get(roomId) ?? newRoom();
    this.rooms.set(roomId, room);
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

  private setConnection(connection: Connection): void {
    this.connection = connection;
    this.emit("connection", connection);
  }
}
