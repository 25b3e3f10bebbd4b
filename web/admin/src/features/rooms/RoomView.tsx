import { Button } from "@mantine/core";
import { ApiError, data, type Message } from "@meydan/client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { GuestEntry } from "@/components/GuestEntry";
import { LinkButton } from "@/components/LinkButton";
import { Empty, Failed } from "@/components/States";
import { useTitle } from "@/components/title";
import { toast } from "@/components/toasts";
import { abilitiesQuery } from "@/session/abilities";
import { roomsQuery } from "@/session/rooms";
import { api, useMay, useSession } from "@/session/session";
import { useStore } from "@/session/store";
import { useText } from "@/text/useText";
import { Composer } from "./Composer";
import { Drafts, type Intent } from "./drafts";
import { MembersPanel } from "./MembersPanel";
import { MessageList } from "./MessageList";
import { RoomHeader } from "./RoomHeader";
import { hasSettings, RoomSettings } from "./RoomSettings";
import styles from "./RoomView.module.css";
import { SearchPanel } from "./SearchPanel";
import { useLog, useRoomsStore } from "./store";
import { TypingLine } from "./TypingLine";
import { texts } from "./texts";

const READER_POLL_MS = 5_000;

export type Panel = "members" | "search" | null;

/** One room: what is said, and what one does about it. */
export function RoomView({ id }: { id: string }) {
  const t = useText(texts);
  const session = useSession();
  const store = useRoomsStore();
  const navigate = useNavigate();
  const { ileti } = useSearch({ strict: false });
  const log = useLog(id);
  const expelled = useStore(store.entry(id).expelled);
  const listed = useInfiniteQuery(roomsQuery).data?.find((room) => room.oda_id === id);
  const asked = useQuery({
    queryKey: ["room", id],
    queryFn: () => data(api.GET("/api/v1/sohbet/odalar/{oda_id}", { params: { path: { oda_id: id } } })),
    enabled: !listed,
  });
  const room = listed ?? asked.data;
  const me = session.status === "in" ? session.user.id : null;
  const guest = session.status === "in" && session.guest;
  const drafts = useMemo(() => (me === null ? null : new Drafts(me, id, guest)), [me, id, guest]);
  const [intent, setShown] = useState<Intent>(() => drafts?.intent() ?? { kind: "write" });
  const setIntent = useCallback(
    (next: Intent) => {
      drafts?.turnTo(next);
      setShown(next);
    },
    [drafts],
  );
  useEffect(() => setShown(drafts?.intent() ?? { kind: "write" }), [drafts]);
  const moderates = useMay("rooms:moderate");
  const [panel, setPanel] = useState<Panel>(null);
  const [settings, setSettings] = useState(false);
  const [flash, setFlash] = useState<string | null>(null);
  const flashed = useCallback(() => setFlash(null), []); // the same one always: a new one would flash once more
  const known = room !== undefined;
  useTitle(room?.baslik ?? id);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the marker counts as it was when the room was entered
  useEffect(() => {
    if (!known) return;
    store.inFront = id;
    store.open(id, room.uye ? room.okunan_sira : null);
    return () => {
      if (store.inFront === id) store.inFront = null;
    };
  }, [store, id, known]);

  useEffect(() => {
    if (store.socket || !known) return;
    const timer = setInterval(() => document.hidden || void store.entry(id).reader.look(), READER_POLL_MS);
    return () => clearInterval(timer);
  }, [store, id, known]);

  useEffect(() => {
    if (!ileti || log.status !== "ready") return;
    let gone = false;
    void store.reveal(id, ileti).then((found) => {
      if (gone) return;
      if (found) setFlash(ileti);
      else toast(t("message.missing"), { kind: "problem" });
      void navigate({ to: "/oda/$odaId", params: { odaId: id }, search: {}, replace: true });
    });
    return () => {
      gone = true;
    };
  }, [ileti, id, store, log.status, navigate, t]);

  if (asked.isError && !room) {
    const missing = asked.error instanceof ApiError && asked.error.status < 500 && asked.error.status > 0;
    return missing ? (
      <Empty
        title={t("room.missing")}
        detail={t("room.missing.detail")}
        action={
          <LinkButton to="/odalar" variant="light">
            {t("back")}
          </LinkButton>
        }
      />
    ) : (
      <div className={styles.away}>
        <Failed error={asked.error} retry={() => void asked.refetch()} />
        <LinkButton to="/odalar" variant="subtle">
          {t("back")}
        </LinkButton>
      </div>
    );
  }

  const reveal = async (messageId: string) => {
    setFlash(null);
    if (await store.reveal(id, messageId)) setFlash(messageId);
    else toast(t("message.missing"), { kind: "problem" });
  };
  const editLast = () => {
    if (session.status !== "in") return;
    const mine = log.messages.findLast((message) => message.gonderen_id === session.user.id && !message.silindi);
    if (mine) setIntent({ kind: "edit", message: mine });
  };
  const title = room?.baslik ?? id;
  const simulated = log.messages.length > 0 && log.messages.slice(-30).some((message) => message.simulated);

  return (
    <div className={styles.room} data-panel={panel ?? undefined}>
      <section className={styles.talk} aria-label={title}>
        <RoomHeader
          id={id}
          room={room}
          panel={panel}
          onPanel={(next) => setPanel(panel === next ? null : next)}
          onSettings={room && hasSettings(room, moderates) ? () => setSettings(true) : null}
        />
        {simulated && <p className={styles.simulated}>{t("simulated.room")}</p>}
        <MessageList
          id={id}
          title={title}
          flash={flash}
          onFlashed={flashed}
          onReveal={(messageId) => void reveal(messageId)}
          onReply={(message: Message) => setIntent({ kind: "reply", message })}
          onEdit={(message: Message) => setIntent({ kind: "edit", message })}
          moderates={room?.rol === "sahip" || room?.rol === "moderator"}
        />
        <TypingLine id={id} />
        {expelled ? (
          <ExpelledFoot onJoin={() => store.joinAgain(id)} />
        ) : drafts ? (
          <Composer
            key={me}
            id={id}
            title={title}
            drafts={drafts}
            intent={intent}
            onIntent={setIntent}
            onEditLast={editLast}
          />
        ) : (
          <ReaderFoot />
        )}
      </section>
      {panel === "members" && <MembersPanel id={id} onClose={() => setPanel(null)} />}
      {panel === "search" && (
        <SearchPanel id={id} onClose={() => setPanel(null)} onReveal={(found) => void reveal(found)} />
      )}
      {room && <RoomSettings room={room} opened={settings} onClose={() => setSettings(false)} />}
    </div>
  );
}

function ExpelledFoot({ onJoin }: { onJoin: () => void }) {
  const t = useText(texts);
  return (
    <div className={styles.reader}>
      <p>{t("put-out")}</p>
      <div className={styles.readerActions}>
        <Button variant="default" onClick={onJoin}>
          {t("put-out.join")}
        </Button>
      </div>
    </div>
  );
}

function ReaderFoot() {
  const t = useText(texts);
  const session = useSession();
  const { ended = false, suspended = false } = session.status === "anonymous" ? session : {};
  const guests = useQuery(abilitiesQuery).data?.misafir_girisi;
  const words = ended ? "read-only.ended" : guests ? "read-only" : "read-only.members";
  return (
    <div className={styles.reader}>
      <p>{t(suspended ? "read-only.suspended" : words)}</p>
      <div className={styles.readerActions}>
        {!ended && guests && <GuestEntry inline />}
        <LinkButton to="/giris" search={{ sonra: location.pathname }} variant="default">
          {t("read-only.sign-in")}
        </LinkButton>
      </div>
    </div>
  );
}
