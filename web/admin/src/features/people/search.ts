import type { UserOrder } from "@meydan/client";

export type PeopleOrder = Exclude<UserOrder, "id">;

const ORDERS: readonly PeopleOrder[] = ["name", "-name", "-created_at", "created_at", "-last_seen_at", "last_seen_at"];

/** How people are listed, as the address says it; by name if it says nothing. */
export interface PeopleSearch {
  sirala?: PeopleOrder;
}

/** Read an address; what it holds may come from anywhere. */
export function toPeopleSearch({ sirala }: Record<string, unknown>): PeopleSearch {
  const order = ORDERS.find((known) => known === sirala);
  return order ? toAddress(order) : {};
}

export function toAddress(order: PeopleOrder): PeopleSearch {
  return order === "name" ? {} : { sirala: order };
}
