import { Button } from "@mantine/core";
import type { TelegramBot } from "@meydan/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BotMessageSquare, ExternalLink, Plus } from "lucide-react";
import { useState } from "react";
import { Avatar } from "@/components/Avatar";
import { DataTable } from "@/components/DataTable";
import { ListTools } from "@/components/ListTools";
import { byName, useListing } from "@/components/listing";
import { Card } from "@/components/Page";
import { Empty, Failed, Loading } from "@/components/States";
import { Trail } from "@/components/Trail";
import { texts as general } from "@/components/texts";
import { useMay } from "@/session/session";
import { number, shortMoment } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { botsQuery } from "../queries";
import { TelegramFrame } from "../TelegramFrame";
import { texts as shared } from "../texts";
import { BotStateWord, TrialBadge } from "../words";
import { AddBot } from "./AddBot";
import { BotMenu } from "./BotMenu";
import styles from "./BotsPage.module.css";
import { texts } from "./texts";

const ORDERS = {
  added: (a: TelegramBot, b: TelegramBot) => a.id.localeCompare(b.id),
  name: (a: TelegramBot, b: TelegramBot) => byName(a.name, b.name),
  queued: (a: TelegramBot, b: TelegramBot) => b.queued - a.queued,
  sent: (a: TelegramBot, b: TelegramBot) => b.sent - a.sent,
} as const;

export function BotsPage() {
  const t = useText(texts);
  const common = useText(general);
  const manages = useMay("telegram:manage");
  const [adding, setAdding] = useState(false);
  const bots = useQuery(botsQuery);
  const list = useListing(bots.data?.bots, (bot) => `${bot.name} @${bot.username}`, ORDERS);
  const { shown, typed: query } = list;
  const add = manages && (
    <Button leftSection={<Plus size={17} />} onClick={() => setAdding(true)}>
      {t("add")}
    </Button>
  );
  const none = bots.data?.bots.length === 0;
  return (
    <TelegramFrame actions={!none && add}>
      {bots.data?.trial_url && <TrialStrip url={bots.data.trial_url} />}
      {!none && (
        <ListTools
          list={list}
          search={t("search")}
          orders={{
            added: t("sort.added"),
            name: common("sort.name"),
            queued: t("sort.queued"),
            sent: t("sort.sent"),
          }}
          size="md"
        />
      )}
      <Card flush>
        {bots.isPending && <Loading label={t("loading")} rows={3} />}
        {bots.isError && !bots.data && <Failed error={bots.error} retry={() => void bots.refetch()} />}
        {none && (
          <Empty
            icon={<BotMessageSquare size={38} />}
            title={t("empty")}
            detail={t(manages ? "empty.detail" : "empty.read-only")}
            action={add}
          />
        )}
        {bots.data && !none && shown.length === 0 && <Empty title={t("none-found", { query })} />}
        {shown.length > 0 && (
          <DataTable
            label={t("bot")}
            head={[
              t("bot"),
              t("state"),
              t("sent"),
              t("queued"),
              t("error"),
              <span key="actions" className="visually-hidden">
                {t("actions.head")}
              </span>,
            ]}
          >
            {shown.map((bot) => (
              <BotRow key={bot.id} bot={bot} at={bots.dataUpdatedAt} manages={manages} />
            ))}
          </DataTable>
        )}
      </Card>
      <AddBot opened={adding} onClose={() => setAdding(false)} trial={bots.data?.trial_url ?? null} />
    </TelegramFrame>
  );
}

function BotRow({ bot, at, manages }: { bot: TelegramBot; at: number; manages: boolean }) {
  const t = useText(texts);
  const locale = useLocale();
  return (
    <tr className={styles.row}>
      <td>
        <Link to="/telegram/bot/$botId" params={{ botId: bot.id }} className={styles.bot} data-row>
          <Avatar name={bot.name} id={bot.id} size={36} />
          <span>
            <strong>
              {bot.name} {bot.trial && <TrialBadge />}
            </strong>
            <small>@{bot.username}</small>
          </span>
        </Link>
      </td>
      <td className={styles.state}>
        <BotStateWord bot={bot} />
      </td>
      <td className={styles.number} data-label={t("sent")}>
        <span>
          <b className="numbers">{number(locale, bot.sent)}</b>
          <Trail name={`bot.${bot.id}.sent`} value={bot.sent} at={at} />
        </span>
      </td>
      <td className={styles.number} data-label={t("queued")}>
        <span>
          <b className="numbers">{number(locale, bot.queued)}</b>
          <Trail name={`bot.${bot.id}.queued`} value={bot.queued} at={at} />
        </span>
        {bot.maybe_sent > 0 && (
          <Link to="/telegram/giden" search={{ durum: "maybe_sent" }} className={styles.maybe}>
            {t("maybe-sent", { n: bot.maybe_sent })}
          </Link>
        )}
      </td>
      <td className={styles.error} data-none={bot.last_error === null || undefined}>
        {bot.last_error ? (
          <span title={bot.last_error}>
            {bot.last_error}
            {bot.last_error_at && <small className="numbers"> · {shortMoment(locale, bot.last_error_at)}</small>}
          </span>
        ) : (
          <span className={styles.none}>{t("error.none")}</span>
        )}
      </td>
      <td>{manages && <BotMenu bot={bot} />}</td>
    </tr>
  );
}

/** Where bots can be tried before there is a token. */
function TrialStrip({ url }: { url: string }) {
  const t = useText(texts);
  const s = useText(shared);
  return (
    <aside className={styles.trial} aria-label={t("trial.on")}>
      <span>
        <strong>{t("trial.on")}.</strong> {t("trial.detail")}
      </span>
      <a href={url} target="_blank" rel="noreferrer">
        {s("trial.open")} <ExternalLink size={14} aria-hidden="true" />
      </a>
    </aside>
  );
}
