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
    bar.current?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "center" });
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
