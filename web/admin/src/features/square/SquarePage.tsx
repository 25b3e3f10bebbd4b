import type { Room } from "@meydan/client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Hash, Lock, Users } from "lucide-react";
import { CountBadge } from "@/components/Badges";
import { glass } from "@/components/Glass";
import { GuestEntry } from "@/components/GuestEntry";
import { LinkButton } from "@/components/LinkButton";
import { ListTools } from "@/components/ListTools";
import { LoadOn } from "@/components/LoadOn";
import { byName, latestFirst, useListing } from "@/components/listing";
import { Empty, Failed, Loading } from "@/components/States";
import { texts as shared } from "@/components/texts";
import { useTitle } from "@/components/title";
import { useWhole } from "@/components/useWhole";
import { abilitiesQuery } from "@/session/abilities";
import { roomsQuery } from "@/session/rooms";
import { useSession } from "@/session/session";
import { shortMoment } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import styles from "./SquarePage.module.css";
import { texts } from "./texts";

/** More rooms than one takes in at a glance can be searched. */
const MANY = 6;

const latest = (a: Room, b: Room) => latestFirst(a.son_aktivite, b.son_aktivite) || byName(a.baslik, b.baslik);
const ORDERS = { latest, name: (a: Room, b: Room) => byName(a.baslik, b.baslik) } as const;

/** The square itself: what is being said, and the way in. */
export function SquarePage() {
  const t = useText(texts);
  const s = useText(shared);
  const session = useSession();
  const rooms = useInfiniteQuery({ ...roomsQuery, refetchInterval: 10_000 });
  const inside = session.status === "in";
  const guests = useQuery(abilitiesQuery).data?.misafir_girisi ?? true;
  const heading = t(inside ? "rooms.own" : "rooms"); // who is inside sees private ones too
  useTitle("");
  const list = useListing(rooms.data, (room) => `${room.baslik} ${room.oda_id} ${room.konu}`, ORDERS);
  const { shown, typed } = list;
  useWhole(rooms, typed !== "" || list.order !== "latest");
  const people = new Set((rooms.data ?? []).flatMap((room) => room.katilimcilar)).size;
  return (
    <div className={styles.square} data-inside={inside || undefined}>
      <div className={styles.columns}>
        <div className={styles.hero}>
          <h1>{inside ? t("hello", { name: session.user.name }) : t("title")}</h1>
          <p>{t(inside ? "hello.detail" : guests ? "detail" : "detail.members")}</p>
          {people > 0 && (
            <p className={styles.now}>
              <span className={styles.pulse} aria-hidden="true" />
              {t("now", { n: people })}
            </p>
          )}
        </div>
        {!inside && <EntryCard />}
        <section className={styles.rooms} aria-label={heading}>
          <header>
            <h2>{heading}</h2>
            {(rooms.data?.length ?? 0) > MANY && (
              <ListTools
                list={list}
                search={t("rooms.search")}
                orders={{ latest: s("sort.latest"), name: s("sort.name") }}
              />
            )}
          </header>
          {rooms.isPending && (
            <div className={glass}>
              <Loading label={t("rooms.loading")} rows={3} height={64} />
            </div>
          )}
          {rooms.isError && (
            <div className={glass}>
              <Failed error={rooms.error} retry={() => void rooms.refetch()} />
            </div>
          )}
          {rooms.data?.length === 0 && (
            <div className={glass}>
              <Empty
                title={t("rooms.empty")}
                detail={t("rooms.empty.detail")}
                action={
                  <LinkButton to={inside ? "/odalar" : "/giris"} variant="light">
                    {inside ? t("rooms.new") : t("sign-in")}
                  </LinkButton>
                }
              />
            </div>
          )}
          {typed && shown.length === 0 && !rooms.hasNextPage && (
            <div className={glass}>
              <Empty title={t("rooms.none-found", { query: typed })} />
            </div>
          )}
          <ul className={styles.list}>
            {shown.map((room) => (
              <li key={room.oda_id}>
                <RoomCard room={room} />
              </li>
            ))}
          </ul>
          <LoadOn pages={rooms} label={t("rooms.more")} />
        </section>
      </div>
    </div>
  );
}

function RoomCard({ room }: { room: Room }) {
  const t = useText(texts);
  const locale = useLocale();
  const Icon = room.tur === "ozel" ? Lock : Hash;
  return (
    <Link to="/oda/$odaId" params={{ odaId: room.oda_id }} className={`${glass} ${styles.card}`} data-row>
      <span className={styles.icon}>
        <Icon size={20} />
      </span>
      <span className={styles.text}>
        <strong>{room.baslik}</strong>
        {room.konu && <span className={styles.topic}>{room.konu}</span>}
        <span className={`${styles.facts} numbers`}>
          <span>
            <Users size={14} aria-hidden="true" />
            {room.katilimci_sayisi > 0 ? t("people", { n: room.katilimci_sayisi }) : t("quiet")}
          </span>
          {room.son_aktivite && <span>{t("last", { when: shortMoment(locale, room.son_aktivite) })}</span>}
        </span>
      </span>
      <CountBadge count={room.okunmamis} mention={room.bahsetme > 0} label={t("unread", { n: room.okunmamis })} />
    </Link>
  );
}

function EntryCard() {
  const t = useText(texts);
  const abilities = useQuery(abilitiesQuery);
  const guests = abilities.data?.misafir_girisi ?? true;
  return (
    <aside className={`${glass} ${styles.entry}`}>
      <h2>{guests ? t("guest.title") : t("guest.closed")}</h2>
      <p>{guests ? t("guest.detail") : t("guest.closed.detail")}</p>
      {guests && <GuestEntry />}
      {guests && <p className={styles.or}>{t("or")}</p>}
      <div className={styles.buttons}>
        <LinkButton to="/giris" variant={guests ? "default" : "filled"} fullWidth>
          {t("sign-in")}
        </LinkButton>
        {abilities.data?.kayit_acik !== false && (
          <LinkButton to="/kayit" variant="default" fullWidth>
            {t("register")}
          </LinkButton>
        )}
      </div>
      {abilities.data?.kayit_acik === false && <p>{t("accounts.closed")}</p>}
    </aside>
  );
}
