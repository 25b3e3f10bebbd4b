/**
 * How much of a room waits for this person. A list of rooms is a look at one moment; what was heard and read since it was
 * asked for is newer, and stays.
 */

import type { Message, Room } from "@meydan/client";

/** The room after a message; one that `counts` is somebody else's, and not in front of open eyes. */
export function afterMessage(
  room: Room,
  message: Message,
  { counts, mentions }: { counts: boolean; mentions: boolean },
) {
  if (message.sira <= room.sira) return room;
  return {
    ...room,
    sira: message.sira,
    son_aktivite: message.zaman,
    okunmamis: room.okunmamis + (counts ? 1 : 0),
    bahsetme: room.bahsetme + (counts && mentions ? 1 : 0),
  };
}

/** The room once it was read as far as `sira`, here or on another device. */
export function afterReading(room: Room, sira: number): Room {
  if (sira <= room.okunan_sira) return room;
  return { ...room, okunan_sira: sira, ...(sira >= room.sira ? { okunmamis: 0, bahsetme: 0 } : {}) };
}

/** The room as it was fetched, with what was known already and is newer. */
export function afterFetch(known: Room, fetched: Room): Room {
  const { sira, son_aktivite, okunmamis, bahsetme, okunan_sira } = known;
  return afterReading(
    sira > fetched.sira ? { ...fetched, sira, son_aktivite, okunmamis, bahsetme } : fetched,
    okunan_sira,
  );
}
