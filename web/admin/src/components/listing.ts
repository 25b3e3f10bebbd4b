import { useMemo, useState } from "react";
import { fold } from "@/text/turkish";

/** A list as somebody looks at it: narrowed by what they typed, in the order they chose. */
export interface Listing<T, O extends string> {
  readonly shown: readonly T[];
  readonly typed: string;
  readonly type: (text: string) => void;
  readonly order: O;
  readonly arrange: (order: O) => void;
}

type Orders<T, O extends string> = Readonly<Record<O, (a: T, b: T) => number>>;

/** Look at `rows`: `words` are what a search goes through; the first of `orders` is the one it begins with. */
export function useListing<T, O extends string>(
  rows: readonly T[] | undefined,
  words: (row: T) => string,
  orders: Orders<T, O>,
): Listing<T, O> {
  const [typed, type] = useState("");
  const [order, arrange] = useState(Object.keys(orders)[0] as O);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a row says and how rows compare does not change
  const shown = useMemo(() => listed(rows ?? [], typed, words, orders[order]), [rows, typed, order]);
  return { shown, typed, type, order, arrange };
}

export function listed<T>(
  rows: readonly T[],
  typed: string,
  words: (row: T) => string,
  compare: (a: T, b: T) => number,
): readonly T[] {
  const wanted = fold(typed.trim());
  return rows.filter((row) => fold(words(row)).includes(wanted)).toSorted(compare);
}

/** Names as Turkish sorts them: ç after c, ı before i; numbers in them by their size. */
export const byName = new Intl.Collator("tr", { numeric: true }).compare;

/** Moments, the latest first; what never was comes last. */
export function latestFirst(a: string | null | undefined, b: string | null | undefined): number {
  return (b ? Date.parse(b) : 0) - (a ? Date.parse(a) : 0);
}
