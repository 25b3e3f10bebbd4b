import { initials } from "@/text/turkish";
import styles from "./Avatar.module.css";

const TINTS = 8;

/** A person's letters on a tint of their own. `online` adds the dot; the word for it stands beside the name. */
export function Avatar({
  name,
  id = name,
  size = 36,
  online,
}: {
  name: string;
  id?: string;
  size?: number;
  online?: boolean;
}) {
  return (
    <span
      className={styles.avatar}
      data-tint={tint(id)}
      data-online={online ?? undefined}
      style={{ width: size, height: size, fontSize: Math.round(size * 0.38) }}
      data-initials={initials(name)}
      aria-hidden="true"
    />
  );
}

function tint(text: string): number {
  let hash = 7;
  for (const char of text) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash % TINTS;
}
