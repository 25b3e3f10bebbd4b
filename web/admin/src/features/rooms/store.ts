/** Every room this page knows: their logs, who is there, who types; fed by the socket, filled from the history. */

import {
  type Ack,
  data,
  type Joined,
  type Labels,
  type Message,
  type Pending,
  type Problem,
  type Socket,
} from "@meydan/client";
import { useMemo } from "react";
import { useSocket } from "@/session/live";
import { askAgain, queries } from "@/session/queries";
import { bringIn, changeRoom, forgetRooms, knownRoom, roomsQuery } from "@/session/rooms";
import { api, session } from "@/session/session";
import { createStore, type Store, useStore } from "@/session/store";
import { afterMessage, afterReading } from "@/session/unread";
import { type LogView, type Page, RoomLog } from "./log";
import { LogReader } from "./reading";

const TYPING_MS = 5_000;

export interface Presence {
  readonly ids: ReadonlySet<string>;
  readonly count: number;
}

interface Entry {
  readonly log: RoomLog;
  readonly reader: LogReader;
  readonly presence: Store<Presence | null>;
  readonly typing: Store<readonly string[]>;
  readonly held: Store<number>;
  /** What this person has deleted just now and may still bring back. */
  readonly undoable: Store<ReadonlySet<string>>;
  /** Somebody has removed this person; they come back only when they ask to. */
  readonly expelled: Store<boolean>;
  /** How far this person had read when they came in. */
  readonly readSira: Store<number | null>;
  epoch: string | null;
  lastRead: number;
}

type Rewrite = (pending: Pending, problem: Problem) => boolean;

export class RoomsStore {
  /** The room in front, whose new messages count as read while the page is visible. */
  inFront: string | null = null;
  private readonly entries = new Map<string, Entry>();
  private readonly rewriters = new Map<string, Rewrite>();
  private readonly typists = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly names = new Map<string, string>();
  private readonly guests = new Set<string>();

  constructor(readonly socket: Socket | null) {
    if (!socket) return;
    socket.on("joined", ({ room, frame }) => {
      const entry = this.entry(room);
      this.know(entry, frame);
      entry.expelled.set(false);
      if (isMember()) changeRoom(room, (known) => (known.uye ? known : { ...known, uye: true, rol: "uye" }));
      this.knowGuests(frame.misafirler);
      entry.presence.set({ ids: new Set(frame.katilimcilar), count: frame.katilimci_sayisi });
      if (entry.readSira.get() === null) entry.readSira.set(frame.okunan_sira);
      if (!frame.kurtarildi && (this.inFront === room || entry.log.view.get().status !== "empty"))
        entry.reader.reach(frame.sira);
    });
    socket.on("message", ({ room, message }) => {
      this.names.set(message.gonderen_id, message.gonderen_ad);
      this.entry(room).log.hear(message);
      this.stopTyping(room, message.gonderen_id);
      this.touchRoom(room, message);
    });
    socket.on("update", ({ room, update }) => {
      this.entry(room).log.hear(update);
      if (update.tur === "silme" && update.kullanici_id !== myId()) this.offerUndo(room, update.mesaj_id, false);
      // A mention may be gone with a message, or with its old text, or come with it: the server counts.
      const named = update.bahsedilenler?.includes(myId() ?? "") ?? false;
      if (update.tur !== "tepki" && (named || (knownRoom(room)?.bahsetme ?? 0) > 0)) void askAgain(roomsQuery.queryKey);
    });
    socket.on("acknowledged", ({ pending, ack }) => this.settle(pending, ack));
    socket.on("rejected", ({ pending, problem }) => this.entry(pending.room).log.reject(pending, problem));
    socket.on("putOut", ({ room, why }) => {
      this.entry(room).expelled.set(why === "cikarildi");
      this.lookAgain(room);
    });
    socket.on("joinFailed", ({ room, problem }) => {
      if (problem.kod === "oda_yok") this.lookAgain(room);
    });
    socket.on("held", ({ room, seconds }) => this.entry(room).held.set(Date.now() + seconds * 1000));
    socket.on("typing", ({ room, userId }) => this.startTyping(room, userId));
    socket.on("read", ({ room, userId, sira }) => {
      if (userId === myId()) changeRoom(room, (known) => afterReading(known, sira));
    });
    socket.on("presence", ({ room, came, went, guests, count }) => {
      this.knowGuests(guests);
      const { presence } = this.entry(room);
      const before = presence.get();
      if (!before) return;
      const ids = new Set(before.ids);
      for (const id of came) ids.add(id);
      for (const id of went) {
        ids.delete(id);
        this.stopTyping(room, id);
      }
      presence.set({ ids, count: count ?? ids.size });
    });
    for (const pending of socket.outbox.all()) this.entry(pending.room).log.add(pending);
  }

  entry(room: string): Entry {
    let entry = this.entries.get(room);
    if (!entry) {
      const log = new RoomLog();
      entry = {
        log,
        reader: new LogReader(log, (limit, before) => this.page(room, limit, before)),
        presence: createStore<Presence | null>(null),
        typing: createStore<readonly string[]>([]),
        held: createStore(0),
        undoable: createStore<ReadonlySet<string>>(new Set()),
        expelled: createStore(false),
        readSira: createStore<number | null>(null),
        epoch: null,
        lastRead: 0,
      };
      this.entries.set(room, entry);
    }
    return entry;
  }

  /** Come into a room: join it and show its newest messages. */
  open(room: string, readSira: number | null): void {
    const entry = this.entry(room);
    if (readSira !== null) entry.readSira.set(readSira);
    if (!entry.expelled.get()) this.socket?.join(room);
    const { status } = entry.log.view.get();
    if (status === "empty" || status === "failed") void entry.reader.newest();
  }

  joinAgain(room: string): void {
    this.entry(room).expelled.set(false);
    this.socket?.join(room);
  }

  nameOf(id: string): string {
    return this.names.get(id) ?? id;
  }

  isGuest(id: string): boolean {
    return this.guests.has(id);
  }

  /** Show a message wherever it is in the log; false when it is gone. */
  async reveal(room: string, id: string): Promise<boolean> {
    const { log, reader } = this.entry(room);
    await reader.settled();
    if (log.find(id)) return true;
    try {
      const message = await data(api.GET("/api/v1/mesaj/{mesaj_id}", { params: { path: { mesaj_id: id } } }));
      return await reader.goTo(message.sira);
    } catch {
      return false;
    }
  }

  say(room: string, text: string, replyTo?: string): void {
    const pending = this.socket?.send(room, text, replyTo);
    if (pending) this.entry(room).log.add(pending);
  }

  /** Tell `rewrite` when a person wants to change what was refused. It answers whether it could take it. */
  onRewrite(room: string, rewrite: Rewrite): () => void {
    this.rewriters.set(room, rewrite);
    return () => void this.rewriters.delete(room);
  }

  rewrite(pending: Pending, problem: Problem): boolean {
    return this.rewriters.get(pending.room)?.(pending, problem) ?? false;
  }

  sayAgain(pending: Pending): void {
    this.entry(pending.room).log.add(pending);
    this.socket?.resend(pending);
  }

  /** Delete a message, for everybody and at once; for a while it can be brought back. */
  async remove(room: string, id: string): Promise<void> {
    await this.socket?.remove(room, id);
    this.offerUndo(room, id, true);
    setTimeout(() => this.offerUndo(room, id, false), (this.socket?.limits?.geri_getirme_suresi ?? 0) * 1000);
  }

  async restore(room: string, id: string): Promise<void> {
    await this.socket?.restore(room, id).finally(() => this.offerUndo(room, id, false));
  }

  markRead(room: string): void {
    const entry = this.entry(room);
    const { head, attached } = entry.log.view.get();
    if (!attached || head <= entry.lastRead || !this.socket?.isJoined(room)) return;
    entry.lastRead = head;
    this.socket.markRead(room, head);
    changeRoom(room, (known) => afterReading(known, head));
  }

  private knowGuests(labels: Labels): void {
    for (const [id, label] of Object.entries(labels)) {
      this.names.set(id, label);
      this.guests.add(id);
    }
  }

  private async page(room: string, limit: number, before?: number): Promise<Page> {
    const query = { limit, ...(before === undefined ? {} : { once: before }) };
    const page = await data(api.GET("/api/v1/mesaj/gecmis/{oda_id}", { params: { path: { oda_id: room }, query } }));
    for (const message of page.mesajlar) this.names.set(message.gonderen_id, message.gonderen_ad);
    return page;
  }

  private settle(pending: Pending, ack: Ack): void {
    const { log } = this.entry(pending.room);
    const { status, messages, attached } = log.view.get();
    // The room's own copy follows; until then the draft stays, so that nothing flickers.
    if (status === "ready" && (!attached || messages.some((message) => message.id === ack.mesaj_id))) {
      log.discard(pending.id);
    }
  }

  private offerUndo(room: string, id: string, possible: boolean): void {
    const { undoable } = this.entry(room);
    const next = new Set(undoable.get());
    if (possible) next.add(id);
    else next.delete(id);
    undoable.set(next);
  }

  /** The room may be there no more, or not for this person. */
  private lookAgain(room: string): void {
    queries.removeQueries({ queryKey: ["room", room] });
    void askAgain(roomsQuery.queryKey);
  }

  /** Take note of which log the room has; when it is another one, as after a backup was put back, start anew. */
  private know(entry: Entry, frame: Joined): void {
    const known = entry.epoch;
    entry.epoch = frame.donem;
    if (known === null || known === frame.donem) return;
    entry.lastRead = 0;
    entry.reader.restart();
    forgetRooms();
  }

  private startTyping(room: string, userId: string): void {
    if (userId === myId()) return;
    const { typing } = this.entry(room);
    const key = `${room}/${userId}`;
    clearTimeout(this.typists.get(key));
    this.typists.set(
      key,
      setTimeout(() => this.stopTyping(room, userId), TYPING_MS),
    );
    if (!typing.get().includes(userId)) typing.set([...typing.get(), userId]);
  }

  private stopTyping(room: string, userId: string): void {
    const key = `${room}/${userId}`;
    clearTimeout(this.typists.get(key));
    if (!this.typists.delete(key)) return;
    const { typing } = this.entry(room);
    typing.set(typing.get().filter((id) => id !== userId));
  }

  private touchRoom(room: string, message: Message): void {
    const me = myId();
    const seen = this.inFront === room && !document.hidden;
    const counts = message.gonderen_id !== me && !seen;
    const mentions = me !== null && message.bahsedilenler.includes(me);
    bringIn(room);
    changeRoom(room, (known) => afterMessage(known, message, { counts, mentions }));
  }
}

/** Whoever is no guest belongs to a room from their first visit on. */
function isMember(): boolean {
  const current = session.get();
  return current.status === "in" && !current.guest;
}

function myId(): string | null {
  const current = session.get();
  return current.status === "in" ? current.user.id : null;
}

const stores = new WeakMap<Socket, RoomsStore>();
let reader: RoomsStore | null = null;

/** The store of whoever is signed in; for a stranger one that only reads. */
export function useRoomsStore(): RoomsStore {
  const socket = useSocket();
  return useMemo(() => {
    if (!socket) {
      reader ??= new RoomsStore(null);
      return reader;
    }
    reader = null;
    let store = stores.get(socket);
    if (!store) {
      store = new RoomsStore(socket);
      stores.set(socket, store);
    }
    return store;
  }, [socket]);
}

export function useLog(room: string): LogView {
  return useStore(useRoomsStore().entry(room).log.view);
}
