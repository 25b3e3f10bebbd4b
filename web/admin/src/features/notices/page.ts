/** The newest notices as the server has told them, and how many are unread: what is heard meanwhile changes both. */

import type { Notice, NoticePage } from "@meydan/client";

/** With one more; one that was taken back and is given again stands where it stood. */
export function given(page: NoticePage, notice: Notice): NoticePage {
  if (page.bildirimler.some((known) => known.id === notice.id)) return page;
  const behind = page.bildirimler.findIndex((known) => known.id < notice.id);
  const at = behind < 0 ? page.bildirimler.length : behind;
  return {
    bildirimler: page.bildirimler.toSpliced(at, 0, notice),
    okunmamis: page.okunmamis + (notice.okundu ? 0 : 1),
  };
}

/** With these, or all, read. */
export function read(page: NoticePage, ids: readonly string[] | null): NoticePage {
  const marked = (notice: Notice) => ids === null || ids.includes(notice.id);
  return {
    bildirimler: page.bildirimler.map((notice) => (marked(notice) ? { ...notice, okundu: true } : notice)),
    okunmamis: ids === null ? 0 : page.okunmamis - unread(page, marked),
  };
}

/** Without these. */
export function takenBack(page: NoticePage, ids: readonly string[]): NoticePage {
  const gone = (notice: Notice) => ids.includes(notice.id);
  return {
    bildirimler: page.bildirimler.filter((notice) => !gone(notice)),
    okunmamis: page.okunmamis - unread(page, gone),
  };
}

function unread({ bildirimler, okunmamis }: NoticePage, which: (notice: Notice) => boolean): number {
  return Math.min(okunmamis, bildirimler.filter((notice) => !notice.okundu && which(notice)).length);
}
