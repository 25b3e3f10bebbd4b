import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Empty } from "@/components/States";
import { useTitle } from "@/components/title";
import { roomsQuery } from "@/session/rooms";
import { useMay, useSession } from "@/session/session";
import { useText } from "@/text/useText";
import { CreateRoom } from "./CreateRoom";
import { FirstSteps, isFresh } from "./FirstSteps";
import { RoomList } from "./RoomList";
import styles from "./RoomsPage.module.css";
import { RoomView } from "./RoomView";
import { texts } from "./texts";

/** The rooms and the one in front; on a phone one of the two. */
export function RoomsPage() {
  const t = useText(texts);
  const { odaId } = useParams({ strict: false });
  const session = useSession();
  const mayCreate = useMay("rooms:create");
  const [creating, setCreating] = useState(false);
  const rooms = useInfiniteQuery(roomsQuery);
  const fresh = useMay("system:manage") && isFresh(rooms.data);
  useTitle(odaId ? null : t("rooms"));
  return (
    <div
      className={styles.page}
      data-room={odaId ? "open" : undefined}
      data-public={session.status !== "in" || undefined}
    >
      <RoomList current={odaId ?? null} onCreate={mayCreate ? () => setCreating(true) : null} />
      {odaId ? (
        <RoomView key={odaId} id={odaId} />
      ) : (
        <div className={styles.choose} data-fresh={fresh || undefined}>
          {fresh ? (
            <FirstSteps room={rooms.data?.[0]} onCreate={() => setCreating(true)} />
          ) : (
            <Empty
              title={t("rooms.choose")}
              detail={t("rooms.choose.detail")}
              action={
                mayCreate && (
                  <Button variant="light" leftSection={<Plus size={17} />} onClick={() => setCreating(true)}>
                    {t("rooms.new")}
                  </Button>
                )
              }
            />
          )}
        </div>
      )}
      <CreateRoom opened={creating} onClose={() => setCreating(false)} />
    </div>
  );
}
