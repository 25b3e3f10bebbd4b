import { useNetwork } from "@mantine/hooks";
import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useConnection, useSocket } from "@/session/live";
import { useText } from "@/text/useText";
import styles from "./ConnectionBanner.module.css";
import { texts } from "./texts";

const PATIENCE_MS = 1_200;

/** Says in words that the live connection is away, once it has been away long enough to matter. */
export function ConnectionBanner() {
  const t = useText(texts);
  const socket = useSocket();
  const connection = useConnection();
  const { online } = useNetwork();
  const away = !online || (connection.state !== "open" && connection.state !== "idle");
  const [shown, setShown] = useState(false);
  const [now, setNow] = useState(Date.now());

  useEffect(() => {
    if (!away) {
      setShown(false);
      return;
    }
    const show = setTimeout(() => setShown(true), PATIENCE_MS);
    const tick = setInterval(() => setNow(Date.now()), 1000);
    return () => {
      clearTimeout(show);
      clearInterval(tick);
    };
  }, [away]);

  if (!shown || !socket) return null;
  const seconds = connection.state === "waiting" ? Math.ceil((connection.until - now) / 1000) : 0;
  let words = t("reconnecting");
  if (connection.state === "refused") words = connection.code === 4009 ? t("refused.4009") : t("refused.4003");
  else if (!online) words = t("offline");
  else if (seconds > 2) words = t("reconnect-in", { n: seconds });
  return (
    <div className={styles.banner} role="status">
      <CloudOff size={17} aria-hidden="true" />
      <span>{words}</span>
      {connection.state === "refused" ? (
        <button type="button" onClick={() => socket.start()}>
          {t("resume")}
        </button>
      ) : (
        seconds > 2 && (
          <button type="button" onClick={() => socket.retry()}>
            {t("reconnect-now")}
          </button>
        )
      )}
    </div>
  );
}
