import { Button, Group, Modal } from "@mantine/core";
import { type ArchivedRoom, data } from "@meydan/client";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Archive as ArchiveIcon } from "lucide-react";
import { useState } from "react";
import { Empty, Failed, FormProblem, Loading } from "@/components/States";
import { toast } from "@/components/toasts";
import { useNamed } from "@/components/useNamed";
import { askAgain, queries } from "@/session/queries";
import { roomsQuery } from "@/session/rooms";
import { api } from "@/session/session";
import { dateTime } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import styles from "./Archive.module.css";
import { archiveTexts } from "./archiveTexts";
import { MessageText } from "./MessageText";
import { archiveQuery } from "./queries";
import { texts } from "./texts";

/** The rooms one may put back: what was said in them, and one button. */
export function Archive({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText(archiveTexts);
  const rooms = useQuery({ ...archiveQuery, enabled: opened });
  const [reading, setReading] = useState<string | null>(null);
  return (
    <Modal opened={opened} onClose={onClose} title={t("archive")} size="lg">
      {rooms.isPending && <Loading label={t("archive.loading")} rows={3} />}
      {rooms.isError && <Failed error={rooms.error} retry={() => void rooms.refetch()} />}
      {rooms.data?.length === 0 && (
        <Empty icon={<ArchiveIcon size={34} />} title={t("archive.empty")} detail={t("archive.empty.detail")} />
      )}
      <ul className={styles.rooms}>
        {rooms.data?.map((room) => (
          <Row
            key={room.oda_id}
            room={room}
            reading={reading === room.oda_id}
            onRead={() => setReading(reading === room.oda_id ? null : room.oda_id)}
            onBack={onClose}
          />
        ))}
      </ul>
    </Modal>
  );
}

interface RowProps {
  room: ArchivedRoom;
  reading: boolean;
  onRead: () => void;
  onBack: () => void;
}

function Row({ room, reading, onRead, onBack }: RowProps) {
  const t = useText(archiveTexts);
  const locale = useLocale();
  const navigate = useNavigate();
  const restore = useMutation({
    mutationFn: () => restoreRoom(room.oda_id),
    onSuccess: () => {
      toast(t("archive.restored", { room: room.baslik }));
      onBack();
      void navigate({ to: "/oda/$odaId", params: { odaId: room.oda_id } });
    },
  });
  return (
    <li className={styles.room}>
      <div className={styles.head}>
        <span className={styles.name}>
          <strong>{room.baslik}</strong>
          <small className="numbers">{t("archive.at", { when: dateTime(locale, room.arsivlendi) })}</small>
        </span>
        <Group gap={6} wrap="nowrap">
          <Button size="xs" variant="subtle" aria-expanded={reading} onClick={onRead}>
            {t(reading ? "archive.close" : "archive.read")}
          </Button>
          <Button size="xs" variant="light" loading={restore.isPending} onClick={() => restore.mutate()}>
            {t("archive.restore")}
          </Button>
        </Group>
      </div>
      <FormProblem error={restore.error} />
      {reading && <Said room={room} />}
    </li>
  );
}

/** What was said there, the newest below; older pages come in above. */
function Said({ room }: { room: ArchivedRoom }) {
  const t = useText(archiveTexts);
  const words = useText(texts);
  const named = useNamed();
  const locale = useLocale();
  const pages = useInfiniteQuery({
    queryKey: ["archive", room.oda_id],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/sohbet/arsiv/{oda_id}/gecmis", {
          params: { path: { oda_id: room.oda_id }, query: { limit: 50, ...(pageParam ? { once: pageParam } : {}) } },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.devami ? last.mesajlar[0]?.sira : undefined),
  });
  if (pages.isPending) return <Loading label={words("messages.loading")} rows={3} height={28} />;
  if (pages.isError) return <Failed error={pages.error} retry={() => void pages.refetch()} />;
  const messages = pages.data.pages.toReversed().flatMap((page) => page.mesajlar);
  if (messages.length === 0) return <p className={styles.none}>{t("archive.silent")}</p>;
  return (
    <section className={styles.said} aria-label={t("archive.messages", { room: room.baslik })}>
      {pages.hasNextPage && (
        <Button size="xs" variant="subtle" loading={pages.isFetching} onClick={() => void pages.fetchNextPage()}>
          {t("archive.older")}
        </Button>
      )}
      {messages.map((message) => (
        <p key={message.id}>
          <time className="numbers" dateTime={message.zaman}>
            {dateTime(locale, message.zaman)}
          </time>{" "}
          <strong>{named(message)}</strong>{" "}
          {message.silindi ? words("deleted") : <MessageText text={message.icerik} me={null} />}
        </p>
      ))}
    </section>
  );
}

/** Put an archived room back, and show it in the lists. */
export async function restoreRoom(id: string): Promise<void> {
  await api.POST("/api/v1/sohbet/arsiv/{oda_id}/geri-yukle", { params: { path: { oda_id: id } } });
  queries.removeQueries({ queryKey: ["room", id] });
  void askAgain(archiveQuery.queryKey);
  void askAgain(roomsQuery.queryKey);
}
