import { Button, Popover, Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { data, type Notice } from "@meydan/client";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Bell } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { Avatar } from "@/components/Avatar";
import { CountBadge } from "@/components/Badges";
import { Empty, Failed, Loading } from "@/components/States";
import { toast } from "@/components/toasts";
import { useNamed } from "@/components/useNamed";
import { useSocket } from "@/session/live";
import { askAgain } from "@/session/queries";
import { knownRoom, roomsQuery } from "@/session/rooms";
import { api } from "@/session/session";
import { shortMoment } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import styles from "./NoticeBell.module.css";
import { given, takenBack } from "./page";
import { asRead, change, lookAgain, noticesKey } from "./shown";
import { texts } from "./texts";

const noticesQuery = queryOptions({
  queryKey: noticesKey,
  queryFn: () => data(api.GET("/api/v1/bildirimler", { params: { query: { limit: 30 } } })),
});

function countRooms(): void {
  void askAgain(roomsQuery.queryKey);
}

/** What was said to this person while they looked elsewhere. */
export function NoticeBell({ className }: { className: string }) {
  const t = useText(texts);
  const socket = useSocket();
  const navigate = useNavigate();
  const phone = useMediaQuery("(max-width: 720px)");
  const notices = useQuery(noticesQuery);
  const heading = useId();
  const [opened, setOpened] = useState(false);
  const unread = notices.data?.okunmamis ?? 0;

  useEffect(
    () =>
      socket?.on("welcome", () => {
        lookAgain(); // what was given after the page was asked for and before the welcome was not told
        countRooms();
      }),
    [socket],
  );

  useEffect(
    () =>
      socket?.on("notice", (notice) => {
        change((page) => given(page, notice));
        // What is said in a room that is not heard here marks it all the same; an invitation brings a room along.
        if (notice.tur === "davet" || !socket.isJoined(notice.oda_id)) countRooms();
      }),
    [socket],
  );

  useEffect(
    () =>
      socket?.on("noticesGone", (ids) => {
        change((page) => takenBack(page, ids), ids);
        countRooms();
      }),
    [socket],
  );

  useEffect(() => socket?.on("noticesRead", asRead), [socket]);

  useEffect(
    () =>
      socket?.on("putOut", ({ room, why }) => {
        lookAgain();
        if (why !== "cikarildi" && why !== "arsivlendi") return;
        const known = knownRoom(room);
        const told = why === "cikarildi" && known?.tur === "genel" && location.pathname === `/oda/${room}`;
        if (!told) toast(t(`put-out.${why}`, { room: known?.baslik ?? room }), { kind: "problem" });
      }),
    [socket, t],
  );

  const mark = useMutation({
    mutationFn: (ids: readonly string[] | null) =>
      api.POST("/api/v1/bildirimler/okundu", { body: ids ? { idler: [...ids] } : {} }),
    onMutate: asRead,
    onError: () => void notices.refetch(),
  });

  const open = (notice: Notice) => {
    setOpened(false);
    if (!notice.okundu) mark.mutate([notice.id]);
    const code = notice.tur === "davet" ? notice.ozet.split("\n")[1] : undefined;
    if (code) return void navigate({ to: "/davet", hash: code });
    const search = notice.mesaj_id ? { ileti: notice.mesaj_id } : {};
    void navigate({ to: "/oda/$odaId", params: { odaId: notice.oda_id }, search });
  };

  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position={phone ? "top-end" : "right-end"}
      shadow="md"
      width={phone ? "min(340px, calc(100vw - 20px))" : 340}
      trapFocus
    >
      <Popover.Target>
        <Tooltip label={t("notices")} position="right" disabled={opened}>
          <button
            type="button"
            className={`${className} ${styles.bell}`}
            aria-label={unread > 0 ? t("notices.unread", { n: unread }) : t("notices")}
            aria-expanded={opened}
            onClick={() => setOpened(!opened)}
          >
            <Bell size={20} />
            <span className={styles.badge} aria-hidden="true">
              <CountBadge count={unread} label="" />
            </span>
          </button>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-labelledby={heading}>
        <header className={styles.header}>
          <h2 id={heading}>{t("notices")}</h2>
          {unread > 0 && (
            <Button size="compact-sm" variant="subtle" onClick={() => mark.mutate(null)}>
              {t("notices.read-all")}
            </Button>
          )}
        </header>
        <div className={styles.list}>
          {notices.isPending && <Loading label={t("notices.loading")} rows={3} />}
          {notices.isError && <Failed error={notices.error} retry={() => void notices.refetch()} />}
          {notices.data?.bildirimler.length === 0 && (
            <Empty icon={<Bell size={34} />} title={t("notices.empty")} detail={t("notices.empty.detail")} />
          )}
          {notices.data?.bildirimler.map((notice) => (
            <Row key={notice.id} notice={notice} onOpen={open} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function Row({ notice, onOpen }: { notice: Notice; onOpen: (notice: Notice) => void }) {
  const t = useText(texts);
  const locale = useLocale();
  const named = useNamed();
  const kind = notice.tur === "yanit" || notice.tur === "davet" ? notice.tur : "bahsetme";
  return (
    <button
      type="button"
      className={styles.row}
      data-unread={!notice.okundu || undefined}
      onClick={() => onOpen(notice)}
      data-row
    >
      <Avatar name={notice.gonderen_ad} id={notice.gonderen_id} size={32} />
      <span>
        <strong>{t(`kind.${kind}`, { name: named(notice), room: notice.oda_baslik })}</strong>
        {notice.ozet && kind !== "davet" && <span>{notice.ozet}</span>}
        <time className="numbers">{shortMoment(locale, notice.zaman)}</time>
      </span>
    </button>
  );
}
