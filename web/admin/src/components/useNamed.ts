import { useText } from "@/text/useText";
import { texts } from "./texts";

interface By {
  readonly gonderen_ad: string;
  readonly misafir: boolean;
}

/** Return how to call whoever said something where only their name stands: anybody may call themselves anything. */
export function useNamed(): (by: By) => string {
  const t = useText(texts);
  return ({ gonderen_ad: name, misafir }) => (misafir ? t("guest.named", { name }) : name);
}
