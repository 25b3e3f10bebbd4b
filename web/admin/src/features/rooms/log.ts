/**
 * What is known of one room's log: one unbroken stretch of messages in the order of `sira`, and what is still on its
 * way out. `attached` tells that the stretch reaches the newest message; after a jump into the past it does not.
 */

import { isUpdate, type Message, type Pending, type Problem, type Update } from "@meydan/client";
import { createStore } from "@/session/store";

export interface Draft {
  readonly pending: Pending;
  readonly state: "sending" | "failed";
  readonly problem: Problem | null;
}

export interface LogView {
  readonly status: "empty" | "loading" | "ready" | "failed";
  readonly error: unknown;
  readonly messages: readonly Message[];
  readonly drafts: readonly Draft[];
  readonly hasOlder: boolean;
  readonly attached: boolean;
  /** Messages that came while the view was in the past. */
  readonly below: number;
  /** The highest `sira` heard of. */
  readonly head: number;
}

export type Heard = Message | Update;

export interface Page {
  readonly mesajlar: readonly Message[];
  readonly devami: boolean;
}

const EMPTY: LogView = {
  status: "empty",
  error: null,
  messages: [],
  drafts: [],
  hasOlder: false,
  attached: true,
  below: 0,
  head: 0,
};

const KEPT_AT_BOTTOM = 150;
const TRIM_ABOVE = 400;
/** A longer stretch makes every key and every turn of the wheel slow: the far end is let go and fetched again. */
const LONGEST = 500;

export class RoomLog {
  readonly view = createStore<LogView>(EMPTY);
  private readonly listening = new Set<Heard[]>();
  private behind = false;

  /** Begin to keep what is heard, for a page that is on its way. */
  listen(): readonly Heard[] {
    const heard: Heard[] = [];
    this.listening.add(heard);
    return heard;
  }

  forget(heard: readonly Heard[]): void {
    this.listening.delete(heard as Heard[]);
  }

  /** The room has come as far as `sira` unheard: what is heard from here on has no place before a page that knows it. */
  fallBehind(sira: number): void {
    this.behind = true;
    this.change({ head: Math.max(this.view.get().head, sira) });
  }

  clear(): void {
    this.behind = false;
    this.view.set({ ...EMPTY, drafts: this.view.get().drafts });
  }

  loading(): void {
    if (this.view.get().status !== "ready") this.change({ status: "loading", error: null });
  }

  failed(error: unknown): void {
    this.change({ status: "failed", error });
  }

  /**
   * Show this page alone: the newest messages, or those around a jump (`attached: false`). What was heard while it was
   * on its way is put into it.
   */
  replace(page: Page, { attached = true, heard = [] }: { attached?: boolean; heard?: readonly Heard[] } = {}): void {
    this.behind = false;
    this.change({
      status: "ready",
      error: null,
      messages: [...page.mesajlar],
      hasOlder: page.devami,
      attached,
      below: 0,
      head: Math.max(this.view.get().head, page.mesajlar.at(-1)?.sira ?? 0),
    });
    for (const event of heard) this.take(event);
    this.settleDrafts();
  }

  /** Take the newest page once more: add what came, and keep every message that did not change. */
  see(page: Page): void {
    const { status, messages, attached } = this.view.get();
    const [first] = page.mesajlar;
    const last = messages.at(-1);
    if (status !== "ready" || !last || !first) return this.replace(page);
    const head = Math.max(this.view.get().head, page.mesajlar.at(-1)?.sira ?? 0);
    if (!attached) return this.change({ head });
    if (page.devami && first.sira > last.sira) return this.replace(page); // more came than a page holds
    const known = new Map(messages.map((message) => [message.id, message]));
    const seen = page.mesajlar.map((message) => {
      const before = known.get(message.id);
      return before && JSON.stringify(before) === JSON.stringify(message) ? before : message;
    });
    if (seen.some((message) => known.get(message.id) !== message))
      this.change({ head, messages: merge(messages, seen) });
  }

  older(page: Page, heard: readonly Heard[] = []): void {
    const { messages } = this.view.get();
    const all = merge(changedBy(page.mesajlar, heard), messages);
    this.change({
      messages: all.slice(0, LONGEST),
      hasOlder: page.devami,
      ...(all.length > LONGEST ? { attached: false } : {}),
    });
  }

  newer(page: Page, attached: boolean, heard: readonly Heard[] = []): void {
    const { messages, below, hasOlder, head } = this.view.get();
    const all = merge(messages, changedBy(page.mesajlar, heard));
    this.change({
      messages: all.slice(-LONGEST),
      hasOlder: hasOlder || all.length > LONGEST,
      attached,
      below: attached ? 0 : below,
      head: Math.max(head, page.mesajlar.at(-1)?.sira ?? 0),
    });
    if (!attached) return;
    this.behind = false;
    for (const event of heard) this.take(event);
    this.settleDrafts();
  }

  /** Take one event of the room, in order; before the first page only who listens has it. */
  hear(event: Heard): void {
    for (const heard of this.listening) heard.push(event);
    if (this.view.get().status === "ready") this.take(event);
    else this.change({ head: Math.max(this.view.get().head, event.sira) });
  }

  add(pending: Pending): void {
    const drafts = this.view.get().drafts.filter((draft) => draft.pending.id !== pending.id);
    this.change({ drafts: [...drafts, { pending, state: "sending", problem: null }] });
  }

  reject(pending: Pending, problem: Problem): void {
    this.change({
      drafts: this.view
        .get()
        .drafts.map((draft) => (draft.pending.id === pending.id ? { pending, state: "failed", problem } : draft)),
    });
  }

  discard(id: string): void {
    this.change({ drafts: this.view.get().drafts.filter((draft) => draft.pending.id !== id) });
  }

  find(id: string): Message | undefined {
    return this.view.get().messages.find((message) => message.id === id);
  }

  /** Let go of what is far above, when the reader is at the bottom of a long evening. */
  trim(): void {
    const { messages, attached } = this.view.get();
    if (attached && messages.length > TRIM_ABOVE) {
      this.change({ messages: messages.slice(-KEPT_AT_BOTTOM), hasOlder: true });
    }
  }

  private take(event: Heard): void {
    const view = this.view.get();
    const head = Math.max(view.head, event.sira);
    if (isUpdate(event)) {
      this.change({ head, messages: applyUpdate(view.messages, event) });
      return;
    }
    if (this.behind) {
      this.change({ head });
      return;
    }
    const drafts = view.drafts.filter((draft) => draft.pending.id !== event.istemci_id);
    const known = event.sira <= (view.messages.at(-1)?.sira ?? 0);
    if (known) this.change({ head, drafts });
    else if (view.attached && view.messages.length < LONGEST)
      this.change({ head, drafts, messages: [...view.messages, event] });
    else this.change({ head, drafts, attached: false, below: view.below + 1 });
  }

  private settleDrafts(): void {
    const { messages, drafts } = this.view.get();
    const stored = new Set(messages.map((message) => message.istemci_id));
    const left = drafts.filter((draft) => !stored.has(draft.pending.id));
    if (left.length !== drafts.length) this.change({ drafts: left });
  }

  private change(part: Partial<LogView>): void {
    this.view.set({ ...this.view.get(), ...part });
  }
}

/** Put two stretches together in the order of `sira`; where both have a message, the second's is newer. */
export function merge(first: readonly Message[], second: readonly Message[]): readonly Message[] {
  const last = first.at(-1);
  const next = second[0];
  if (!next) return first;
  if (!last || last.sira < next.sira) return [...first, ...second];
  const byId = new Map([...first, ...second].map((message) => [message.id, message]));
  return [...byId.values()].sort((a, b) => a.sira - b.sira);
}

function changedBy(messages: readonly Message[], heard: readonly Heard[]): readonly Message[] {
  return heard.filter(isUpdate).reduce(applyUpdate, messages);
}

export function applyUpdate(messages: readonly Message[], update: Update): readonly Message[] {
  let changed = false;
  const next = messages.map((message) => {
    if (message.yanit_ozet?.id === update.mesaj_id && update.tur !== "tepki") {
      changed = true;
      const icerik = update.tur === "silme" ? "" : (update.icerik ?? message.yanit_ozet.icerik);
      return { ...message, yanit_ozet: { ...message.yanit_ozet, icerik } };
    }
    if (message.id !== update.mesaj_id) return message;
    changed = true;
    if (update.tur === "silme") {
      const silen = update.kullanici_id;
      return { ...message, silindi: true, silen, icerik: "", tepkiler: [], bahsedilenler: [] };
    }
    if (update.tur === "tepki") return { ...message, tepkiler: update.tepkiler ?? [] };
    const { bahsedilenler = message.bahsedilenler, tepkiler = [] } = update;
    if (update.tur === "geri_getirme")
      return { ...message, silindi: false, silen: null, icerik: update.icerik ?? "", bahsedilenler, tepkiler };
    return {
      ...message,
      icerik: update.icerik ?? message.icerik,
      bahsedilenler,
      duzenlendi: update.zaman,
    };
  });
  return changed ? next : messages;
}
