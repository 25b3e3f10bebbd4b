import type { SendState } from "@meydan/client";
import { useText } from "@/text/useText";
import { texts } from "../texts";
import styles from "./SendWay.module.css";

const REACHED: Readonly<Record<SendState, number>> = {
  queued: 0,
  cancelled: 0,
  expired: 0,
  stopped: 0,
  sending: 1,
  maybe_sent: 1,
  failed: 2,
  sent: 2,
};

/** The three stations of a send, and where this one stands: waiting, under way, there. */
export function SendWay({ state }: { state: SendState }) {
  const t = useText(texts);
  const reached = REACHED[state];
  return (
    <span className={styles.way} data-state={state}>
      <span className={styles.stations} aria-hidden="true">
        {[0, 1, 2].map((station) => (
          <i key={station} data-passed={station < reached || undefined} data-here={station === reached || undefined} />
        ))}
      </span>
      <span className={styles.word}>{t(`send.${state}`)}</span>
    </span>
  );
}
