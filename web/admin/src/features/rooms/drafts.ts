/** What is being written in a room and was not sent: kept over a reload and in every tab of the same person. */

import type { Message } from "@meydan/client";
import { kept } from "@/session/kept";

/** The message one answers or edits, as far as the composer needs it. */
export type Target = Pick<Message, "id" | "gonderen_ad" | "misafir" | "icerik">;

export type Intent =
  | { readonly kind: "write" }
  | { readonly kind: "reply"; readonly message: Target }
  | { readonly kind: "edit"; readonly message: Target };

export interface RoomDraft {
  readonly text: string;
  readonly reply: Target | null;
  /** An edit that is under way; what was being written waits behind it. */
  readonly edit: { readonly message: Target; readonly text: string } | null;
}

const NOTHING: RoomDraft = { text: "", reply: null, edit: null };

export class Drafts {
  private readonly area: typeof kept.here;
  private readonly key: string;

  /** A guest is somebody else in each tab, and so are their drafts. */
  constructor(user: string, room: string, guest: boolean) {
    this.area = guest ? kept.inTab : kept.here;
    this.key = `meydan.draft.${user}.${room}`;
  }

  read(): RoomDraft {
    try {
      return { ...NOTHING, ...(JSON.parse(this.area.get(this.key) ?? "{}") as Partial<RoomDraft>) };
    } catch {
      return NOTHING;
    }
  }

  change(part: Partial<RoomDraft>): void {
    const next = { ...this.read(), ...part };
    if (next.text === "" && next.reply === null && next.edit === null) this.area.remove(this.key);
    else this.area.set(this.key, JSON.stringify(next));
  }

  /** What the composer goes on with. */
  intent(): Intent {
    const { edit, reply } = this.read();
    if (edit) return { kind: "edit", message: edit.message };
    return reply ? { kind: "reply", message: reply } : { kind: "write" };
  }

  /** Remember what the composer turns to; what was typed stays where it belongs. */
  turnTo(intent: Intent): void {
    if (intent.kind === "edit") this.change({ edit: { message: target(intent.message), text: intent.message.icerik } });
    else this.change({ edit: null, reply: intent.kind === "reply" ? target(intent.message) : null });
  }

  /** Call `changed` when another tab of the same person writes here. */
  onElsewhere(changed: () => void): () => void {
    const heard = (event: StorageEvent) => event.key === this.key && changed();
    addEventListener("storage", heard);
    return () => removeEventListener("storage", heard);
  }
}

function target({ id, gonderen_ad, misafir, icerik }: Target): Target {
  return { id, gonderen_ad, misafir, icerik };
}
