import { Button } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Empty } from "@/components/States";
import { useTitle } from "@/components/title";
import { useMay, useSession } from "@/session/session";
import { useText } from "@/text/useText";
import { CreateRoom } from "./CreateRoom";
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
        <div className={styles.choose}>
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
        </div>
      )}
      <CreateRoom opened={creating} onClose={() => setCreating(false)} />
    </div>
  );
}
