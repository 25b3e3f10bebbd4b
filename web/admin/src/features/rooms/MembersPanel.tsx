import { useQuery } from "@tanstack/react-query";
import { Avatar } from "@/components/Avatar";
import { ListTools } from "@/components/ListTools";
import { byName, useListing } from "@/components/listing";
import { Failed, Loading } from "@/components/States";
import { texts as shared } from "@/components/texts";
import { useSession } from "@/session/session";
import { useStore } from "@/session/store";
import { useText } from "@/text/useText";
import styles from "./Panel.module.css";
import { membersQuery } from "./queries";
import { SidePanel } from "./SidePanel";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: "sahip" | "moderator" | "uye" | null;
  readonly here: boolean;
}

const RANKS = ["sahip", "moderator", "uye", null];
const ORDERS = {
  name: (a: Person, b: Person) => byName(a.name, b.name),
  role: (a: Person, b: Person) => RANKS.indexOf(a.role) - RANKS.indexOf(b.role) || byName(a.name, b.name),
} as const;

/** Who is inside now, and who belongs here. */
export function MembersPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText(texts);
  const s = useText(shared);
  const session = useSession();
  const store = useRoomsStore();
  const signedIn = session.status === "in" && !session.guest;
  const members = useQuery({ ...membersQuery(id), enabled: signedIn });
  const presence = useStore(store.entry(id).presence);

  const people = new Map<string, Person>();
  for (const member of members.data ?? []) {
    const here = presence ? presence.ids.has(member.kullanici_id) : member.cevrimici;
    people.set(member.kullanici_id, { id: member.kullanici_id, name: member.ad, role: member.rol, here });
  }
  for (const present of presence?.ids ?? []) {
    if (!people.has(present)) people.set(present, { id: present, name: store.nameOf(present), role: null, here: true });
  }
  const list = useListing([...people.values()], (person) => `${person.name} @${person.id}`, ORDERS);
  const here = list.shown.filter((person) => person.here);
  const away = list.shown.filter((person) => !person.here);
  // Who only reads is told how many are inside, not who.
  const untold = session.status !== "in" && people.size === 0;
  const unmatched = list.shown.length === 0 && (signedIn ? !members.isPending : people.size > 0);

  return (
    <SidePanel
      title={t("members")}
      close={t("members.close")}
      onClose={onClose}
      tools={
        untold ? null : (
          <ListTools
            list={list}
            search={t("members.search")}
            orders={{ name: s("sort.name"), role: t("members.sort.role") }}
          />
        )
      }
    >
      {untold && <p className={styles.none}>{t("members.untold")}</p>}
      {signedIn && members.isPending && <Loading label={t("members.loading")} rows={5} height={40} />}
      {members.isError && <Failed error={members.error} retry={() => void members.refetch()} />}
      {unmatched && <p className={styles.none}>{t("members.none")}</p>}
      <Section title={t("members.here")} people={here} />
      <Section title={t("members.away")} people={away} />
    </SidePanel>
  );
}

function Section({ title, people }: { title: string; people: readonly Person[] }) {
  const t = useText(texts);
  const store = useRoomsStore();
  if (people.length === 0) return null;
  return (
    <section>
      <h3 className={`${styles.section} numbers`}>
        {title} <span>{people.length}</span>
      </h3>
      <ul className={styles.people}>
        {people.map((person) => (
          <li key={person.id} tabIndex={-1} data-row>
            <Avatar name={person.name} id={person.id} size={34} online={person.here} />
            <span className={styles.person}>
              <strong>{person.name}</strong>
              <small>
                {store.isGuest(person.id) ? t("guest") : `@${person.id}`}
                {person.here && <span className="visually-hidden">, {t("online")}</span>}
              </small>
            </span>
            {person.role && person.role !== "uye" && <span className={styles.role}>{t(`role.${person.role}`)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
