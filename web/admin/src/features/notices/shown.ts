/** The page of notices that is shown: what is heard and done changes it, and the server is asked where it alone knows. */

import type { NoticePage } from "@meydan/client";
import { askAgain, queries } from "@/session/queries";
import { read } from "./page";

export const noticesKey: readonly string[] = ["notices"];

/**
 * Change what is shown. A page that was asked for before and is still on its way is asked for again, and so is one that
 * does not show all of `concerned`: only the server knows whether those were read.
 */
export function change(work: (page: NoticePage) => NoticePage, concerned: readonly string[] = []): void {
  const asked = queries.isFetching({ queryKey: noticesKey }) > 0;
  const page = queries.getQueryData<NoticePage>(noticesKey);
  const shown = new Set(page?.bildirimler.map((notice) => notice.id));
  queries.setQueryData<NoticePage>(noticesKey, page && work(page));
  if (asked || concerned.some((id) => !shown.has(id))) lookAgain();
}

/** Show these, or all, as read. What is on its way stays on its way: a look that the welcome asked for tells more. */
export function asRead(ids: readonly string[] | null): void {
  change((page) => read(page, ids), ids ?? []);
}

export function lookAgain(): void {
  void askAgain(noticesKey);
}
