import { Button } from "@mantine/core";
import { data, type TelegramBot, type TelegramBudget } from "@meydan/client";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Hourglass } from "lucide-react";
import { useMemo } from "react";
import { Card } from "@/components/Page";
import { Failed, Loading } from "@/components/States";
import { Trail } from "@/components/Trail";
import { toast } from "@/components/toasts";
import { useComplain } from "@/components/useComplain";
import { api, useMay } from "@/session/session";
import { duration, number } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { chatsQuery, refresh } from "../queries";
import styles from "./Budget.module.css";
import { texts } from "./texts";

const EVERY_MS = 1_000;
const NEARLY_FULL = 0.8;

type Gauge = TelegramBudget["gauges"][number];

/** How full Telegram's windows are for a bot, and what Telegram holds back. */
export function Budget({ bot }: { bot: TelegramBot }) {
  const t = useText(texts);
  const budget = useQuery({
    queryKey: ["telegram", "budget", bot.id],
    queryFn: () => data(api.GET("/api/v1/telegram/bots/{bot_id}/budget", { params: { path: { bot_id: bot.id } } })),
    refetchInterval: EVERY_MS,
  });
  const rows = useInfiniteQuery(chatsQuery).data;
  const titles = useMemo(() => new Map(rows?.map((row) => [row.chat_id, row.title])), [rows]);
  const title = (chat: number) => titles.get(chat) ?? String(chat);
  const gauges = budget.data?.gauges ?? [];
  const whole = gauges.filter((gauge) => gauge.chat_id === null);
  const chats = gauges.filter((gauge) => gauge.chat_id !== null);
  const busy = new Set(chats.filter((gauge) => gauge.used > 0).map((gauge) => gauge.chat_id));
  return (
    <Card title={t("budget")} detail={t("budget.detail")}>
      {budget.isPending && <Loading label={t("budget.loading")} rows={2} />}
      {budget.isError && !budget.data && <Failed error={budget.error} retry={() => void budget.refetch()} />}
      {budget.data && (
        <div className={styles.budget}>
          <Penalties bot={bot} penalties={budget.data.penalties} title={title} />
          {whole.map((gauge) => (
            <Meter key={gauge.seconds} bot={bot} gauge={gauge} name={t("budget.all")} at={budget.dataUpdatedAt} />
          ))}
          {busy.size === 0 && <p className={styles.quiet}>{t("budget.quiet")}</p>}
          {chats
            .filter((gauge) => busy.has(gauge.chat_id))
            .map((gauge) => (
              <Meter
                key={`${gauge.scope}.${gauge.chat_id}.${gauge.seconds}`}
                bot={bot}
                gauge={gauge}
                name={
                  gauge.scope === "shared"
                    ? t("budget.shared", { title: title(gauge.chat_id ?? 0) })
                    : title(gauge.chat_id ?? 0)
                }
                at={budget.dataUpdatedAt}
              />
            ))}
        </div>
      )}
    </Card>
  );
}

/** One window, a cell for each send that fits into it. */
function Meter({ bot, gauge, name, at }: { bot: TelegramBot; gauge: Gauge; name: string; at: number }) {
  const t = useText(texts);
  const locale = useLocale();
  const { used, limit, seconds } = gauge;
  const share = used / limit;
  const window = t("budget.window", { limit, seconds });
  return (
    <div className={styles.gauge}>
      <span className={styles.name}>
        <strong>{name}</strong>
        <small>{window}</small>
      </span>
      <meter className="visually-hidden" aria-label={`${name}, ${window}`} max={limit} value={Math.min(used, limit)}>
        {t("budget.of", { used, limit })}
      </meter>
      <span
        className={styles.cells}
        aria-hidden="true"
        data-nearly={share >= NEARLY_FULL || undefined}
        style={{ "--share": `${Math.min(1, share) * 100}%`, "--cells": limit } as React.CSSProperties}
      />
      <b className="numbers">
        {number(locale, used)} / {number(locale, limit)}
      </b>
      <Trail name={`budget.${bot.id}.${gauge.scope}.${gauge.chat_id}.${seconds}`} value={used} at={at} />
    </div>
  );
}

/** What Telegram holds back and for how long; an operator may let the bot try again sooner. */
function Penalties({
  bot,
  penalties,
  title,
}: {
  bot: TelegramBot;
  penalties: TelegramBudget["penalties"];
  title: (chat: number) => string;
}) {
  const t = useText(texts);
  const locale = useLocale();
  const manages = useMay("telegram:manage");
  const complain = useComplain();
  const lift = useMutation({
    mutationFn: (chat: number | null) =>
      api.DELETE("/api/v1/telegram/bots/{bot_id}/hold", {
        params: { path: { bot_id: bot.id }, query: chat === null ? {} : { chat_id: chat } },
      }),
    onSuccess: () => toast(t("budget.lifted")),
    onError: complain,
    onSettled: () => void refresh(),
  });
  if (penalties.length === 0) return null;
  return (
    <ul className={styles.penalties} aria-label={t("budget.held")}>
      {penalties.map(({ chat_id, seconds, strikes }) => (
        <li key={chat_id}>
          <Hourglass size={16} aria-hidden="true" />
          <strong>
            {t("budget.held")}: {chat_id === null ? t("budget.held.bot") : title(chat_id)}
          </strong>
          <span className="numbers">
            {t("budget.left", {
              left: seconds < 60 ? t("budget.seconds", { s: Math.ceil(seconds) }) : duration(locale, seconds),
            })}
            {strikes > 1 && ` · ${t("budget.strikes", { n: strikes })}`}
          </span>
          {manages && (
            <Button
              size="xs"
              variant="default"
              aria-label={`${t("budget.lift")}: ${chat_id === null ? t("budget.held.bot") : title(chat_id)}`}
              loading={lift.isPending && lift.variables === chat_id}
              onClick={() => lift.mutate(chat_id)}
            >
              {t("budget.lift")}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
