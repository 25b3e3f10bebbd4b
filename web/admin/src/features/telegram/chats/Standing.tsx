import { useText } from "@/text/useText";
import { maySpeak, type Standing as Stands } from "./gather";
import styles from "./Standing.module.css";
import { texts } from "./texts";

const STATUSES = ["creator", "administrator", "member", "restricted", "left", "kicked"] as const;

/** How a bot stands in a chat, as Telegram told last. */
export function Standing({ standing }: { standing: Stands }) {
  const t = useText(texts);
  const status = STATUSES.find((known) => known === standing.status);
  return (
    <span className={styles.standing} data-away={!maySpeak(standing) || undefined}>
      {status ? t(`status.${status}`) : standing.status}
    </span>
  );
}
