/** What a socket is made of and what it tells the rest of the program. */

import type { OutboxStorage, Pending } from "./outbox";
import type { Ack, Joined, Labels, Limits, Message, Notice, Out, Problem, Update } from "./wire";

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
  /** The server has taken this person out of the room, and says why. */
  putOut: { room: string; why: Out | null };
  typing: { room: string; userId: string };
  read: { room: string; userId: string; sira: number };
  presence: {
    room: string;
    came: readonly string[];
    went: readonly string[];
    guests: Labels;
    count: number | null;
  };
  notice: Notice;
  /** These notices were read, here or elsewhere. */
  noticesRead: readonly string[];
  /** These notices were taken back: what they told of is deleted, names nobody any more, or was revoked. */
  noticesGone: readonly string[];
  /** The server hears and tells this person from now on; what came while the line was not yet there, or cut, was not told. */
  welcome: null;
  /** What the server lets one do now; told on connecting, and whenever an operator changes it. */
  limits: Limits;
  problem: Problem;
}

export interface Ticket {
  readonly ticket: string;
  readonly user_id: string;
}

/** The part of a browser's WebSocket that is used; tests bring their own. */
export interface Wire {
  /** 1 while frames may be sent: a line that the server closes is over before `onclose` tells so. */
  readonly readyState: number;
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

export class Events {
  private readonly listeners = new Map<keyof SocketEvents, Set<(event: never) => void>>();

  /** Call `listener` for every event of `kind`; the returned function stops that. */
  on<K extends keyof SocketEvents>(kind: K, listener: (event: SocketEvents[K]) => void): () => void {
    const set = this.listeners.get(kind) ?? new Set();
    set.add(listener as (event: never) => void);
    this.listeners.set(kind, set);
    return () => set.delete(listener as (event: never) => void);
  }

  protected emit<K extends keyof SocketEvents>(kind: K, event: SocketEvents[K]): void {
    for (const listener of [...(this.listeners.get(kind) ?? [])]) (listener as (event: SocketEvents[K]) => void)(event);
  }
}
