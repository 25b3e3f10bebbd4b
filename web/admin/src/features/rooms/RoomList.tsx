import { ActionIcon, Button, Tooltip } from "@mantine/core";
import type { Room } from "@meydan/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Archive as ArchiveIcon, Hash, Lock, Plus } from "lucide-react";
import { useState } from "react";
import { CountBadge } from "@/components/Badges";
import { ListTools } from "@/components/ListTools";
import { LoadOn } from "@/components/LoadOn";
import { byName, latestFirst, useListing } from "@/components/listing";
import { Empty, Failed, Loading } from "@/components/States";
import { texts as shared } from "@/components/texts";
import { useWhole } from "@/components/useWhole";
import { roomsQuery } from "@/session/rooms";
import { useSession } from "@/session/session";
import { useStore } from "@/session/store";
import { shortMoment } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { Archive } from "./Archive";
import { archiveTexts } from "./archiveTexts";
import styles from "./RoomList.module.css";
import { useRoomsStore } from "./store";
import { texts } from "./texts";
import { useTypingWords } from "./typing";

const latest = (a: Room, b: Room) => latestFirst(a.son_aktivite, b.son_aktivite) || byName(a.baslik, b.baslik);
const ORDERS = {
  latest,
  name: (a: Room, b: Room) => byName(a.baslik, b.baslik),
  unread: (a: Room, b: Room) => b.okunmamis - a.okunmamis || latest(a, b),
} as const;

export function RoomList({ current, onCreate }: { current: string | null; onCreate: (() => void) | null }) {
  const t = useText(texts);
  const s = useText(shared);
  const a = useText(archiveTexts);
  const session = useSession();
  const keeps = session.status === "in" && !session.guest;
  const [archive, setArchive] = useState(false);
  const rooms = useInfiniteQuery(roomsQuery);
  const list = useListing(rooms.data, (room) => `${room.baslik} ${room.oda_id} ${room.konu}`, ORDERS);
  const { shown, typed: query } = list;
  useWhole(rooms, query !== "" || list.order !== "latest");
  return (
    <aside className={styles.list} aria-label={t("rooms")}>
      <header className={styles.header}>
        <h1>{t("rooms")}</h1>
        {onCreate && (
          <Tooltip label={t("rooms.new")}>
            <ActionIcon variant="light" size="lg" aria-label={t("rooms.new")} onClick={onCreate}>
              <Plus size={19} />
            </ActionIcon>
          </Tooltip>
        )}
      </header>
      <div className={styles.tools}>
        <ListTools
          list={list}
          search={t("rooms.search")}
          orders={{ latest: s("sort.latest"), name: s("sort.name"), unread: t("rooms.sort.unread") }}
        />
      </div>
      <div className={styles.scroll}>
        {rooms.isPending && <Loading label={t("rooms.loading")} rows={5} height={52} />}
        {rooms.isError && <Failed error={rooms.error} retry={() => void rooms.refetch()} />}
        {rooms.data && shown.length === 0 && !rooms.hasNextPage && (
          <Empty
            title={query ? t("rooms.none-found", { query }) : t("rooms.empty")}
            {...(query ? {} : { detail: t("rooms.empty.detail") })}
            action={
              onCreate && (
                <Button size="sm" variant="light" onClick={onCreate}>
                  {t("rooms.new")}
                </Button>
              )
            }
          />
        )}
        <ul>
          {shown.map((room) => (
            <li key={room.oda_id}>
              <RoomRow room={room} current={room.oda_id === current} />
            </li>
          ))}
        </ul>
        <LoadOn pages={rooms} label={t("rooms.more")} />
      </div>
      {keeps && (
        <footer className={styles.footer}>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            c="var(--ink-soft)"
            leftSection={<ArchiveIcon size={15} />}
            onClick={() => setArchive(true)}
          >
            {a("archive")}
          </Button>
          <Archive opened={archive} onClose={() => setArchive(false)} />
        </footer>
      )}
    </aside>
  );
}

function RoomRow({ room, current }: { room: Room; current: boolean }) {
  const t = useText(texts);
  const locale = useLocale();
  const store = useRoomsStore();
  const typing = useTypingWords(useStore(store.entry(room.oda_id).typing));
  const Icon = room.tur === "ozel" ? Lock : Hash;
  const unread = current ? 0 : room.okunmamis;
  return (
    <Link
      to="/oda/$odaId"
      params={{ odaId: room.oda_id }}
      className={styles.row}
      data-unread={unread > 0 || undefined}
      aria-current={current ? "page" : undefined}
      data-row
    >
      <span className={styles.icon}>
        <Icon size={17} aria-hidden="true" />
      </span>
      <span className={styles.text}>
        <span className={styles.title}>
          {room.baslik}
          {room.tur === "ozel" && <span className="visually-hidden"> ({t("private")})</span>}
        </span>
        <span className={styles.second} data-typing={typing ? "" : undefined}>
          {typing || room.konu || `@${room.oda_id}`}
        </span>
      </span>
      <span className={styles.side}>
        {room.son_aktivite && (
          <time className="numbers" dateTime={room.son_aktivite}>
            {shortMoment(locale, room.son_aktivite)}
          </time>
        )}
        <span className={styles.badges}>
          {room.bahsetme > 0 && !current && <CountBadge count={room.bahsetme} mention label={t("mentioned")} />}
          <CountBadge count={unread} label={t("unread", { n: unread })} />
        </span>
      </span>
    </Link>
  );
}
