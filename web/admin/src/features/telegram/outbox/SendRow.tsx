import type { TelegramBot, TelegramSend } from "@meydan/client";
import { Link } from "@tanstack/react-router";
import { dateTime, duration, number, shortMoment } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { SendActs } from "./SendActs";
import styles from "./SendRow.module.css";
import { SendWay } from "./SendWay";
import { texts } from "./texts";

const METHODS = [
  "sendPhoto",
  "sendVoice",
  "sendDocument",
  "editMessageText",
  "editMessageCaption",
  "deleteMessage",
  "pinChatMessage",
] as const;

/** One send: what, where, by whom, how far it is, and what can be done about it. */
export function SendRow({
  send,
  bot,
  inChat,
}: {
  send: TelegramSend;
  bot: TelegramBot | undefined;
  /** It stands under its chat, which need not be named. */
  inChat: boolean;
}) {
  const t = useText(texts);
  const locale = useLocale();
  const at = send.finished_at ?? send.created_at;
  const method = METHODS.find((known) => known === send.method);
  const facts = [
    method && t(`method.${method}`),
    send.part_of !== null && t("part"),
    send.priority === 2 && t("priority.high"),
    send.priority === 0 && t("priority.low"),
    send.attempts > 1 && t("attempts", { n: send.attempts }),
  ].filter(Boolean);
  return (
    <li className={styles.send} data-narrow={inChat || undefined} tabIndex={-1} data-row>
      <div className={styles.what}>
        <p className={styles.preview}>{send.preview}</p>
        <p className={styles.meta}>
          {!inChat && (
            <Link to="/telegram/sohbetler/$chatId" params={{ chatId: String(send.chat_id) }}>
              {send.chat_title ?? send.chat_id}
            </Link>
          )}
          {bot && <span>{bot.name}</span>}
          {facts.map((fact) => (
            <span key={String(fact)}>{fact}</span>
          ))}
          <time className="numbers" dateTime={at} title={dateTime(locale, at)}>
            {shortMoment(locale, at)}
          </time>
        </p>
        <Reason send={send} />
      </div>
      <div className={styles.how}>
        <SendWay state={send.state} />
        {send.state === "queued" && <Eta send={send} bot={bot} />}
      </div>
      <div className={styles.acts}>
        <SendActs send={send} />
      </div>
    </li>
  );
}

/** Why a send did not arrive; what stopped with its order has the reason of the part before it. */
function Reason({ send }: { send: TelegramSend }) {
  const t = useText(texts);
  if (!send.error && send.state !== "stopped") return null;
  const reason =
    send.error &&
    (send.error_code === null
      ? send.error
      : send.error_code === 429 && send.state === "queued"
        ? t("code.429")
        : t("code", { code: String(send.error_code), reason: send.error }));
  if (send.state !== "stopped") return <p className={styles.error}>{reason}</p>;
  return <p className={styles.error}>{reason ? t("stopped.why", { reason }) : t("stopped")}</p>;
}

function Eta({ send, bot }: { send: TelegramSend; bot: TelegramBot | undefined }) {
  const t = useText(texts);
  const locale = useLocale();
  if (send.not_before && Date.parse(send.not_before) > Date.now() + 60_000) {
    return <small className="numbers">{t("eta.held", { when: dateTime(locale, send.not_before) })}</small>;
  }
  if (bot && !bot.enabled) return <small>{t("eta.stopped")}</small>;
  if (send.eta === null) return null;
  if (send.eta < 1) return <small>{t("eta.now")}</small>;
  const seconds = send.eta < 60 ? t("seconds", { s: number(locale, send.eta) }) : duration(locale, send.eta);
  return <small className="numbers">{t("eta", { seconds })}</small>;
}
