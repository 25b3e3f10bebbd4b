import type { Role } from "@meydan/client";
import { useText } from "@/text/useText";
import styles from "./Badges.module.css";
import { texts } from "./texts";

/** Simulation is never hidden. */
export function SimBadge() {
  const t = useText(texts);
  return (
    <abbr className={styles.sim} title={t("sim.title")}>
      {t("sim")}
    </abbr>
  );
}

export function RoleBadge({ role }: { role: Role }) {
  const t = useText(texts);
  return (
    <span className={styles.role} data-role={role}>
      {t(`role.${role}`)}
    </span>
  );
}

export function CountBadge({ count, mention = false, label }: { count: number; mention?: boolean; label: string }) {
  if (count <= 0) return null;
  return (
    <span className={styles.count} data-mention={mention || undefined}>
      <span aria-hidden="true">{mention ? "@" : count > 99 ? "99+" : count}</span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
