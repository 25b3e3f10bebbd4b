/** A room that somebody wants to be in: how far its log was seen, and what keeps its messages in order. */
export interface Room {
  joined: boolean;
  joinRef: string | null;
  cursor: { sira: number; donem: string } | null;
  /** While something waits for its turn, one message is on its way at a time: none overtakes another. */
  paced: boolean;
  heldUntil: number;
  release: ReturnType<typeof setTimeout> | null;
}

export function newRoom(): Room {
  return { joined: false, joinRef: null, cursor: null, paced: false, heldUntil: 0, release: null };
}
