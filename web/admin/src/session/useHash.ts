import { useSyncExternalStore } from "react";

/** What stands behind the `#` of the address, also after another link is pasted into the same tab. */
export function useHash(): string {
  return useSyncExternalStore(listen, () => location.hash);
}

function listen(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}
