import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Avatar } from "@/components/Avatar";
import { useSession } from "@/session/session";
import { useStore } from "@/session/store";
import { fold } from "@/text/turkish";
import { useText } from "@/text/useText";
import styles from "./Composer.module.css";
import { membersQuery } from "./queries";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

const SHOWN = 6;

export interface Candidate {
  readonly id: string;
  readonly name: string;
}

/** The mention being written at the caret, if there is one. */
export function mentionAt(text: string, caret: number): { start: number; query: string } | null {
  const match = /(?:^|[\s(])@([\p{L}\p{N}._-]{0,64})$/u.exec(text.slice(0, caret));
  return match?.[1] === undefined ? null : { start: caret - match[1].length - 1, query: match[1] };
}

/** People of the room whose name or id begins like `query`; none while nobody is being mentioned. */
export function useCandidates(room: string, query: string | null): readonly Candidate[] {
  const session = useSession();
  const store = useRoomsStore();
  const signedIn = session.status === "in" && !session.guest;
  const members = useQuery({ ...membersQuery(room), enabled: query !== null && signedIn });
  const presence = useStore(store.entry(room).presence);
  const me = session.status === "in" ? session.user.id : null;
  return useMemo(() => {
    if (query === null) return [];
    const people = new Map<string, Candidate>();
    for (const member of members.data ?? [])
      people.set(member.kullanici_id, { id: member.kullanici_id, name: member.ad });
    for (const id of presence?.ids ?? [])
      if (!people.has(id) && !store.isGuest(id)) people.set(id, { id, name: store.nameOf(id) });
    const wanted = fold(query);
    return [...people.values()]
      .filter((person) => person.id !== me)
      .filter(
        (person) =>
          fold(person.id).startsWith(wanted) ||
          fold(person.name)
            .split(/\s+/)
            .some((word) => word.startsWith(wanted)),
      )
      .slice(0, SHOWN);
  }, [query, members.data, presence, store, me]);
}

export function MentionMenu({
  candidates,
  chosen,
  onPick,
}: {
  candidates: readonly Candidate[];
  chosen: number;
  onPick: (id: string) => void;
}) {
  const t = useText(texts);
  return (
    <div id="mention-menu" className={styles.menu} role="listbox" aria-label={t("mention.list")}>
      {candidates.map((person, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the text field's, which keeps the focus
        <div
          key={person.id}
          id={`mention-${index}`}
          role="option"
          aria-selected={index === chosen}
          tabIndex={-1}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(person.id)}
        >
          <Avatar name={person.name} id={person.id} size={28} />
          <span>
            {person.name} <small>@{person.id}</small>
          </span>
        </div>
      ))}
    </div>
  );
}
