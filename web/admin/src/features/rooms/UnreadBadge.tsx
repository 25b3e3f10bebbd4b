import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { CountBadge } from "@/components/Badges";
import { roomsQuery } from "@/session/rooms";
import { useText } from "@/text/useText";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

const JOINED_AT_MOST = 100;

/** How much waits in all rooms; keeps this page inside the person's rooms so that the number is live. */
export function UnreadBadge() {
  const t = useText(texts);
  const store = useRoomsStore();
  const rooms = useQuery(roomsQuery).data;
  const mine = rooms?.filter((room) => room.uye).slice(0, JOINED_AT_MOST) ?? [];
  const ids = mine.map((room) => room.oda_id).join(" ");
  useEffect(() => {
    for (const id of ids.split(" ").filter(Boolean)) store.socket?.join(id);
  }, [ids, store]);
  const unread = mine.reduce((sum, room) => sum + room.okunmamis, 0);
  const mentioned = mine.some((room) => room.bahsetme > 0);
  return <CountBadge count={unread} mention={mentioned} label={t("unread", { n: unread })} />;
}
