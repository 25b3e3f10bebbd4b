import { Button, Skeleton } from "@mantine/core";
import { ApiError } from "@meydan/client";
import type { ReactNode } from "react";
import { useText } from "@/text/useText";
import { Mark } from "./Mark";
import styles from "./States.module.css";
import { texts } from "./texts";

/** Nothing here yet: what to do next, with one button. */
export function Empty({
  title,
  detail,
  action,
  icon,
}: {
  title: string;
  detail?: string;
  action?: ReactNode;
  icon?: ReactNode;
}) {
  return (
    <div className={styles.state}>
      <span className={styles.mark}>{icon ?? <Mark size={44} />}</span>
      <p className={styles.title}>{title}</p>
      {detail && <p className={styles.detail}>{detail}</p>}
      {action}
    </div>
  );
}

/** Rows that are on their way, and the words for it. */
export function Loading({ label, rows = 6, height = 44 }: { label: string; rows?: number; height?: number }) {
  return (
    <div className={styles.loading} role="status">
      <p className={styles.words}>{label}</p>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <Skeleton key={index} height={height} radius="md" style={{ opacity: 1 - index / (rows + 1) }} />
      ))}
    </div>
  );
}

/** What happened, what to do, and a code that the docs know. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useText(texts);
  const problem = useProblem(error);
  return (
    <div className={styles.state} role="alert">
      <p className={styles.title}>{problem.title}</p>
      <p className={styles.detail}>{problem.detail}</p>
      <Code code={problem.code} />
      {retry && (
        <Button variant="light" onClick={retry}>
          {t("retry")}
        </Button>
      )}
    </div>
  );
}

export interface ProblemWords {
  readonly title: string;
  readonly detail: string;
  readonly code: string;
}

/** Put any failure into words. */
export function useProblem(error: unknown): ProblemWords {
  const t = useText(texts);
  if (error instanceof ApiError) {
    if (error.status === 0) return { title: t("network.title"), detail: t("network.detail"), code: error.code };
    return {
      title: error.title || t("unknown.title"),
      detail: error.detail || t("unknown.detail"),
      code: error.code,
    };
  }
  return { title: t("unknown.title"), detail: t("unknown.detail"), code: error instanceof Error ? error.name : "?" };
}

/** A failure beside the form that caused it. */
export function FormProblem({ error }: { error: unknown }) {
  const problem = useProblem(error);
  if (!error) return null;
  return (
    <div className={styles.inline} role="alert">
      <strong>{problem.title}</strong> {problem.detail}
      <Code code={problem.code} />
    </div>
  );
}

/** The code that the docs know, for whoever asks for it. */
function Code({ code }: { code: string }) {
  const t = useText(texts);
  return (
    <details className={styles.code}>
      <summary>{t("details")}</summary>
      <code>{t("code", { code })}</code>
    </details>
  );
}
