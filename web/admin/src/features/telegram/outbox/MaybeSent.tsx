import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleHelp } from "lucide-react";
import { Moment } from "@/components/Moment";
import { useMay } from "@/session/session";
import { useText } from "@/text/useText";
import { botsQuery, countsQuery, sendsQuery } from "../queries";
import styles from "./MaybeSent.module.css";
import { texts } from "./texts";
import { type Decision, useSendActions } from "./useSendActions";

const DECISIONS: readonly Decision[] = ["sent", "again", "failed"];
const AT_ONCE = 20;

/** Sends of which nobody knows whether they arrived: what that means, and a decision for each. */
export function MaybeSent() {
  const t = useText(texts);
  const manages = useMay("telegram:manage");
  const bots = useQuery(botsQuery).data?.bots ?? [];
  const count = useQuery(countsQuery).data?.maybe_sent ?? 0;
  const found = useInfiniteQuery({ ...sendsQuery({ state: "maybe_sent" }, AT_ONCE), enabled: count > 0 });
  const { decide } = useSendActions();
  const sends = count > 0 ? (found.data?.pages[0]?.sends ?? []) : [];
  if (sends.length === 0) return null;
  return (
    <section className={styles.maybe} aria-labelledby="maybe-sent">
      <header>
        <CircleHelp size={22} aria-hidden="true" />
        <div>
          <h2 id="maybe-sent">{t("maybe.title", { n: count })}</h2>
          <p>{t("maybe.detail")}</p>
          {manages ? (
            <dl>
              {DECISIONS.map((decision) => (
                <div key={decision}>
                  <dt>{t(`decide.${decision}`)}</dt>
                  <dd>{t(`decide.${decision}.hint`)}</dd>
                </div>
              ))}
            </dl>
          ) : (
            <p>{t("maybe.read-only")}</p>
          )}
        </div>
      </header>
      <ul>
        {sends.map((send) => (
          <li key={send.id}>
            <div className={styles.what}>
              <p>{send.preview}</p>
              <small>
                <Link to="/telegram/sohbetler/$chatId" params={{ chatId: String(send.chat_id) }}>
                  {send.chat_title ?? send.chat_id}
                </Link>{" "}
                · {bots.find((bot) => bot.id === send.bot_id)?.name} · <Moment at={send.sending_at} />
              </small>
            </div>
            {manages && (
              <div className={styles.acts}>
                {DECISIONS.map((decision) => (
                  <Button
                    key={decision}
                    size="xs"
                    variant={decision === "failed" ? "subtle" : "default"}
                    {...(decision === "failed" ? { color: "gray" } : {})}
                    loading={
                      decide.isPending && decide.variables.id === send.id && decide.variables.decision === decision
                    }
                    aria-label={t("decide.of", { action: t(`decide.${decision}`), text: send.preview.slice(0, 60) })}
                    onClick={() => decide.mutate({ id: send.id, decision })}
                  >
                    {t(`decide.${decision}`)}
                  </Button>
                ))}
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
