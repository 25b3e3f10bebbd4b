import { X } from "lucide-react";
import { useStore } from "@/session/store";
import { useText } from "@/text/useText";
import styles from "./Toasts.module.css";
import { texts } from "./texts";
import { closeToast, toasts } from "./toasts";

export function Toasts() {
  const t = useText(texts);
  const entries = useStore(toasts);
  return (
    <div className={styles.stack} role="status" aria-live="polite">
      {entries.map((entry) => (
        <div key={entry.id} className={styles.toast} data-kind={entry.kind}>
          <span>{entry.text}</span>
          {entry.action && (
            <button
              type="button"
              className={styles.action}
              onClick={() => {
                entry.action?.run();
                closeToast(entry.id);
              }}
            >
              {entry.action.label}
            </button>
          )}
          <button type="button" className={styles.close} aria-label={t("dismiss")} onClick={() => closeToast(entry.id)}>
            <X size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
