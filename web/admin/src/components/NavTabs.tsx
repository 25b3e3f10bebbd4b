import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import styles from "./NavTabs.module.css";
import { openTab } from "./tabs";
import { useTitle } from "./title";

/** The sections of a place, each an address of its own. On a phone they take as many lines as they need. */
export function NavTabs({ label, tabs }: { label: string; tabs: readonly { to: string; label: string }[] }) {
  const { pathname } = useLocation();
  const bar = useRef<HTMLElement>(null);
  const here = openTab(tabs, pathname);
  useTitle(here ? `${here.label} · ${label}` : label);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address has another tab open
  useEffect(() => {
    const row = bar.current;
    const open = row?.querySelector<HTMLElement>("[aria-current=page]");
    if (row && open) {
      // The row alone: scrollIntoView would move every scroller around it too.
      row.scrollLeft = open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
    }
  }, [pathname]);
  return (
    <nav ref={bar} className={styles.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link
          key={tab.to}
          to={tab.to}
          className={styles.tab}
          activeOptions={{ exact: true, includeSearch: false }}
          aria-current={tab === here ? "page" : undefined}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
