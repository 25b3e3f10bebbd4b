import { useEffect } from "react";

/** The forms that hold what was typed and not saved. */
const open = new Set<object>();

/** Tell whether one would lose something by leaving now. */
export function isUnsaved(): boolean {
  return open.size > 0;
}

/** While `changed`, leaving the page asks first. */
export function useUnsaved(changed: boolean): void {
  useEffect(() => {
    if (!changed) return;
    const form = {};
    open.add(form);
    return () => void open.delete(form);
  }, [changed]);
}
