import { AlertCircle, Clock3 } from "lucide-react";
import { toast } from "@/components/toasts";
import { useText } from "@/text/useText";
import styles from "./DraftRow.module.css";
import type { Draft } from "./log";
import row from "./MessageRow.module.css";
import { MessageText } from "./MessageText";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

/** What one has said and the server has not confirmed yet. */
export function DraftRow({ draft }: { draft: Draft }) {
  const t = useText(texts);
  const store = useRoomsStore();
  const { pending, state, problem } = draft;
  return (
    <div className={row.row} data-own data-first data-last>
      <div className={row.body}>
        <div className={row.line}>
          <div className={`${row.bubble} ${styles.draft}`} data-failed={state === "failed" || undefined}>
            <MessageText text={pending.text} me={null} />
            <span className={row.meta} aria-live="polite">
              {state === "failed" ? (
                <AlertCircle size={13} aria-hidden="true" />
              ) : (
                <Clock3 size={13} aria-hidden="true" />
              )}
              {state === "failed" ? t("failed") : t("sending")}
            </span>
          </div>
        </div>
        {state === "failed" && (
          <p className={styles.problem}>
            {problem?.ayrinti || problem?.baslik}{" "}
            {problem && (
              <button
                type="button"
                onClick={() => store.rewrite(pending, problem) || toast(t("edit.busy"), { kind: "problem" })}
              >
                {t("edit")}
              </button>
            )}
            <button type="button" onClick={() => store.sayAgain(pending)}>
              {t("retry")}
            </button>
            <button type="button" onClick={() => store.entry(pending.room).log.discard(pending.id)}>
              {t("discard")}
            </button>
          </p>
        )}
      </div>
    </div>
  );
}
