import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { CountBadge } from "@/components/Badges";
import { useUnreadInTitle } from "@/components/title";
import { ownRoomsQuery } from "@/session/rooms";
import { useText } from "@/text/useText";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

/** A connection may ask for 60 things at once; who enters more rooms than that is put out. */
const ENTERED = 40;

/** How much waits in all rooms; keeps this page inside the liveliest of the person's rooms so that the number is live. */
export function UnreadBadge() {
  const t = useText(texts);
  const store = useRoomsStore();
  const mine = useInfiniteQuery(ownRoomsQuery).data ?? [];
  const ids = mine
    .slice(0, ENTERED)
    .map((room) => room.oda_id)
    .join(" ");
  useEffect(() => {
    for (const id of ids.split(" ").filter(Boolean)) store.socket?.join(id);
  }, [ids, store]);
  const unread = mine.reduce((sum, room) => sum + room.okunmamis, 0);
  useUnreadInTitle(unread);
  const mentioned = mine.some((room) => room.bahsetme > 0);
  return <CountBadge count={unread} mention={mentioned} label={t("unread", { n: unread })} />;
}
