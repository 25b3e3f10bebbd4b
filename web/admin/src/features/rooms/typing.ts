import { useText } from "@/text/useText";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

/** Who types, in words; empty when nobody does. */
export function useTypingWords(ids: readonly string[]): string {
  const t = useText(texts);
  const store = useRoomsStore();
  const [a, b] = ids;
  if (a === undefined) return "";
  if (b === undefined) return t("typing.one", { a: store.nameOf(a) });
  if (ids.length === 2) return t("typing.two", { a: store.nameOf(a), b: store.nameOf(b) });
  return t("typing.many", { n: ids.length });
}
