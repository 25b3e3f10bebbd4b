import type { ReactNode } from "react";
import styles from "./Page.module.css";
import { useTitle } from "./title";

/** A place with a heading, its actions and, when it has several, its sections. */
export function Page({
  title,
  detail,
  actions,
  tabs,
  children,
}: {
  title: string;
  detail?: string;
  actions?: ReactNode;
  tabs?: ReactNode;
  children: ReactNode;
}) {
  useTitle(tabs ? null : title);
  return (
    <div className={styles.page}>
      <div className={styles.inner}>
        <header className={styles.header}>
          <div>
            <h1 className={styles.title}>{title}</h1>
            {detail && <p className={styles.detail}>{detail}</p>}
          </div>
          {actions && <div className={styles.actions}>{actions}</div>}
        </header>
        {tabs}
        {children}
      </div>
    </div>
  );
}

export function Card({
  title,
  detail,
  actions,
  children,
  flush = false,
}: {
  title?: string;
  detail?: string;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
}) {
  return (
    <section className={styles.card}>
      {(title || actions) && (
        <header className={styles.cardHeader}>
          <div>
            {title && <h2 className={styles.cardTitle}>{title}</h2>}
            {detail && <p className={styles.detail}>{detail}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className={flush ? undefined : styles.cardBody}>{children}</div>
    </section>
  );
}
