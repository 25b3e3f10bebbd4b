/** What was said and is not acknowledged yet, in the order it was said; kept over a reload when storage is given. */

export interface Pending {
  /** The `istemci_id`: the same one is stored once, however often it is sent. */
  readonly id: string;
  readonly room: string;
  readonly text: string;
  readonly replyTo: string | null;
  readonly at: number;
}

export interface OutboxStorage {
  read(): string | null;
  write(value: string): void;
}

export class Outbox {
  private readonly items = new Map<string, Pending>();

  constructor(private readonly storage?: OutboxStorage) {
    try {
      const kept: unknown = JSON.parse(storage?.read() ?? "[]");
      if (Array.isArray(kept)) for (const item of kept as Pending[]) this.items.set(item.id, item);
    } catch {
      // What another version wrote is not worth failing for.
    }
  }

  add(pending: Pending): void {
    this.items.set(pending.id, pending);
    this.save();
  }

  get(id: string): Pending | undefined {
    return this.items.get(id);
  }

  remove(id: string): Pending | null {
    const pending = this.items.get(id);
    if (!pending) return null;
    this.items.delete(id);
    this.save();
    return pending;
  }

  all(): readonly Pending[] {
    return [...this.items.values()];
  }

  of(room: string): readonly Pending[] {
    return this.all().filter((pending) => pending.room === room);
  }

  private save(): void {
    this.storage?.write(JSON.stringify(this.all()));
  }
}

/** `crypto.randomUUID` exists in secure contexts only; a square on a plain LAN address has none. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
