import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import type { Room } from "@meydan/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Hash, Lock, Plus, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { CountBadge } from "@/components/Badges";
import { Empty, Failed, Loading } from "@/components/States";
import { roomsQuery } from "@/session/rooms";
import { useStore } from "@/session/store";
import { shortMoment } from "@/text/format";
import { fold } from "@/text/turkish";
import { useLocale, useText } from "@/text/useText";
import styles from "./RoomList.module.css";
import { useRoomsStore } from "./store";
import { texts } from "./texts";
import { useTypingWords } from "./typing";

export function RoomList({ current, onCreate }: { current: string | null; onCreate: (() => void) | null }) {
  const t = useText(texts);
  const [query, setQuery] = useState("");
  const rooms = useQuery(roomsQuery);
  const shown = useMemo(() => {
    const wanted = fold(query.trim());
    return (rooms.data ?? [])
      .filter((room) => fold(`${room.baslik} ${room.oda_id} ${room.konu}`).includes(wanted))
      .toSorted(
        (a, b) =>
          Date.parse(b.son_aktivite ?? "0") - Date.parse(a.son_aktivite ?? "0") ||
          a.baslik.localeCompare(b.baslik, "tr"),
      );
  }, [rooms.data, query]);
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
      <TextInput
        className={styles.search}
        type="search"
        size="sm"
        value={query}
        placeholder={t("rooms.search")}
        aria-label={t("rooms.search")}
        leftSection={<Search size={16} />}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          setQuery("");
          event.currentTarget.blur();
        }}
        data-search
      />
      <div className={styles.scroll}>
        {rooms.isPending && <Loading label={t("rooms.loading")} rows={5} height={52} />}
        {rooms.isError && <Failed error={rooms.error} retry={() => void rooms.refetch()} />}
        {rooms.data && shown.length === 0 && (
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
      </div>
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
