import type { ReactNode } from "react";
import styles from "./Glass.module.css";
import { Mark } from "./Mark";
import { useTitle } from "./title";

/** One sheet of glass in the middle of the sky, for a single matter. */
export function GlassSheet({
  title,
  detail,
  children,
  foot,
}: {
  title: string;
  detail?: string;
  children: ReactNode;
  foot?: ReactNode;
}) {
  useTitle(title);
  return (
    <div className={styles.middle}>
      <section className={`${styles.glass} ${styles.sheet}`}>
        <span className={styles.mark}>
          <Mark size={46} />
        </span>
        <h1 className={styles.title}>{title}</h1>
        {detail && <p className={styles.detail}>{detail}</p>}
        {children}
        {foot && <p className={styles.foot}>{foot}</p>}
      </section>
    </div>
  );
}

export const glass = styles.glass ?? "";
