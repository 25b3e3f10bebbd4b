/** The page's name in the browser's tab, its history, and a screen reader's ear; in front of it what waits unread. */

import { useEffect } from "react";

const PLACE = "Meydan";
let name = "";
let unread = 0;

function show(): void {
  const waiting = unread > 0 ? `(${unread > 99 ? "99+" : unread}) ` : "";
  document.title = `${waiting}${name ? `${name} · ` : ""}${PLACE}`;
}

/** Name the page; null leaves it to a part of the page. */
export function useTitle(title: string | null): void {
  useEffect(() => {
    if (title === null) return;
    name = title;
    show();
  }, [title]);
}

export function useUnreadInTitle(count: number): void {
  useEffect(() => {
    unread = count;
    show();
    return () => {
      unread = 0;
      show();
    };
  }, [count]);
}
