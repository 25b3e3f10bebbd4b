import { data, type Room, type RoomPage } from "@meydan/client";
import { type InfiniteData, infiniteQueryOptions, replaceEqualDeep } from "@tanstack/react-query";
import { askAgain, queries } from "./queries";
import { api } from "./session";
import { afterFetch } from "./unread";

type Pages = InfiniteData<RoomPage, string>;

const EVERY: readonly string[] = ["rooms"];
const PAGE = 100;

/** The rooms this person may see, the liveliest first, as far as they were looked through. */
export const roomsQuery = pagesOf(EVERY, {});

/** The liveliest of the rooms this person belongs to. */
export const ownRoomsQuery = pagesOf([...EVERY, "own"], { uyelik: true });

function pagesOf(queryKey: readonly string[], wanted: { uyelik?: boolean }) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/sohbet/odalar", {
          params: { query: { ...wanted, limit: PAGE, ...(pageParam ? { sonra: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.sonraki ?? undefined,
    select: flat,
    structuralSharing: (known, next) =>
      replaceEqualDeep(known, arePages(known) && arePages(next) ? renewed(known, next) : next),
    refetchInterval: 30_000,
  });
}

/** What is kept comes in pages; what `flat` makes of them is compared with what it made before, too. */
function arePages(kept: unknown): kept is Pages {
  return typeof kept === "object" && kept !== null && "pages" in kept;
}

/** What was heard and read while a list was on its way is newer than the list. */
function renewed(known: Pages, fetched: Pages): Pages {
  const before = new Map(known.pages.flatMap((page) => page.odalar).map((room) => [room.oda_id, room]));
  const each = (room: Room) => {
    const heard = before.get(room.oda_id);
    return heard ? afterFetch(heard, room) : room;
  };
  return { ...fetched, pages: fetched.pages.map((page) => ({ ...page, odalar: page.odalar.map(each) })) };
}

/** A room that was spoken in while the list was read may come twice: there and here. */
function flat({ pages }: Pages): readonly Room[] {
  return [...new Map(pages.flatMap((page) => page.odalar).map((room) => [room.oda_id, room])).values()];
}

/** Change what is known of a room, wherever it is known. */
export function changeRoom(id: string, change: (room: Room) => Room): void {
  queries.setQueriesData<Pages>({ queryKey: EVERY }, (known) => known && changed(known, id, change));
  queries.setQueryData<Room>(["room", id], (known) => known && change(known));
}

function changed({ pages, pageParams }: Pages, id: string, change: (room: Room) => Room): Pages {
  const each = (room: Room) => (room.oda_id === id ? change(room) : room);
  return { pageParams, pages: pages.map((page) => ({ ...page, odalar: page.odalar.map(each) })) };
}

/** A room, as far as it is known here. */
export function knownRoom(id: string): Room | undefined {
  const listed = queries.getQueryData<Pages>(EVERY)?.pages.flatMap((page) => page.odalar);
  return listed?.find(({ oda_id }) => oda_id === id) ?? queries.getQueryData<Room>(["room", id]);
}

/** Keep nothing of what was known of any room, and ask anew; once, though every room may ask for it. */
export function forgetRooms(): void {
  for (const queryKey of [EVERY, ["room"]])
    void queries.resetQueries({ queryKey, predicate: ({ state }) => state.data !== undefined });
}

/** Put a room that was just opened in front. */
export function addRoom(room: Room): void {
  queries.setQueriesData<Pages>({ queryKey: EVERY }, (known) => {
    const [first, ...rest] = known?.pages ?? [];
    return known && first && { ...known, pages: [{ ...first, odalar: [room, ...first.odalar] }, ...rest] };
  });
}

/** Look again if a room that is spoken in lies beyond the pages that were read, or they are still on their way. */
export function bringIn(id: string): void {
  const known = queries.getQueryData<Pages>(roomsQuery.queryKey);
  if (!known) return void askAgain(roomsQuery.queryKey);
  if (known.pages.some((page) => page.odalar.some((room) => room.oda_id === id))) return;
  void queries.refetchQueries({ queryKey: roomsQuery.queryKey, exact: true }, { cancelRefetch: false });
}
