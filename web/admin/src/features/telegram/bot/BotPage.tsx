import { Button, SegmentedControl } from "@mantine/core";
import { ApiError, data, type TelegramBot } from "@meydan/client";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { ChevronLeft, ExternalLink, Play, Square } from "lucide-react";
import type { ReactNode } from "react";
import { Avatar } from "@/components/Avatar";
import { LinkButton } from "@/components/LinkButton";
import { Moment } from "@/components/Moment";
import { Card } from "@/components/Page";
import { Empty, Failed, Loading } from "@/components/States";
import { Trail } from "@/components/Trail";
import { useTitle } from "@/components/title";
import { api, useMay } from "@/session/session";
import { number } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { BotMenu } from "../bots/BotMenu";
import { useBotActions } from "../bots/useBotActions";
import { SendList } from "../outbox/SendList";
import { botsQuery } from "../queries";
import { TelegramFrame } from "../TelegramFrame";
import { texts as shared } from "../texts";
import { BotStateWord, TrialBadge } from "../words";
import { BotChats } from "./BotChats";
import styles from "./BotPage.module.css";
import { Budget } from "./Budget";
import { texts } from "./texts";

export function BotPage() {
  const t = useText(texts);
  const { botId = "" } = useParams({ strict: false });
  const bot = useQuery({
    queryKey: ["telegram", "bot", botId],
    queryFn: () => data(api.GET("/api/v1/telegram/bots/{bot_id}", { params: { path: { bot_id: botId } } })),
    refetchInterval: (query) => (query.state.error ? false : 2_000),
  });
  const gone = bot.error instanceof ApiError && (bot.error.status === 404 || bot.error.status === 422);
  return (
    <TelegramFrame>
      <Link to="/telegram" className={styles.back}>
        <ChevronLeft size={17} aria-hidden="true" /> {t("back")}
      </Link>
      {bot.isPending && <Loading label={t("loading")} rows={3} height={96} />}
      {gone && (
        <Card flush>
          <Empty
            title={t("gone")}
            detail={t("gone.detail")}
            action={
              <LinkButton to="/telegram" variant="light">
                {t("back")}
              </LinkButton>
            }
          />
        </Card>
      )}
      {bot.isError && !gone && !bot.data && <Failed error={bot.error} retry={() => void bot.refetch()} />}
      {bot.data && !gone && <Detail bot={bot.data} at={bot.dataUpdatedAt} />}
    </TelegramFrame>
  );
}

function Detail({ bot, at }: { bot: TelegramBot; at: number }) {
  const t = useText(texts);
  const s = useText(shared);
  const locale = useLocale();
  const navigate = useNavigate();
  const manages = useMay("telegram:manage");
  const trial = useQuery(botsQuery).data?.trial_url;
  const { enable, setMode } = useBotActions(bot);
  useTitle(`${bot.name} · ${s("title")}`);
  const home = bot.trial ? trial : `https://t.me/${bot.username}`;
  return (
    <>
      <header className={styles.header}>
        <Avatar name={bot.name} id={bot.id} size={52} />
        <div className={styles.names}>
          <h2>
            {bot.name} {bot.trial && <TrialBadge />}
          </h2>
          <p>
            @{bot.username} · <BotStateWord bot={bot} />
          </p>
        </div>
        <div className={styles.acts}>
          {home && (
            <a className={styles.home} href={home} target="_blank" rel="noreferrer">
              {bot.trial ? s("trial.open") : t("open")} <ExternalLink size={14} aria-hidden="true" />
            </a>
          )}
          {manages &&
            (bot.enabled ? (
              <Button
                variant="default"
                leftSection={<Square size={15} />}
                loading={enable.isPending}
                onClick={() => enable.mutate(false)}
              >
                {t("stop")}
              </Button>
            ) : (
              <Button leftSection={<Play size={15} />} loading={enable.isPending} onClick={() => enable.mutate(true)}>
                {t("start")}
              </Button>
            ))}
          {manages && <BotMenu bot={bot} onRemoved={() => void navigate({ to: "/telegram" })} />}
        </div>
      </header>
      {bot.last_error && (
        <p className={styles.trouble} role={bot.enabled ? undefined : "alert"}>
          <strong>{bot.enabled ? t("error") : t("error.stopped")}</strong> {bot.last_error}
          {bot.last_error_at && (
            <>
              {" "}
              · <Moment at={bot.last_error_at} />
            </>
          )}
          {!bot.enabled && <span>{t("error.what-now")}</span>}
        </p>
      )}
      <Card title={t("health")}>
        <dl className={styles.facts}>
          <Fact label={t("sent")}>
            <b className="numbers">{number(locale, bot.sent)}</b>
            <Trail name={`bot.${bot.id}.sent`} value={bot.sent} at={at} />
          </Fact>
          <Fact label={t("queued")}>
            <b className="numbers">{number(locale, bot.queued)}</b>
            <Trail name={`bot.${bot.id}.queued`} value={bot.queued} at={at} />
          </Fact>
          <Fact label={t("maybe-sent")} alarming={bot.maybe_sent > 0}>
            <Link to="/telegram/giden" search={{ durum: "maybe_sent", bot: bot.id }}>
              <b className="numbers">{number(locale, bot.maybe_sent)}</b>
            </Link>
          </Fact>
          <Fact label={t("reads")}>{bot.reads_all ? t("reads.all") : t("reads.own")}</Fact>
          <Fact label={t("verified")}>
            <Moment at={bot.verified_at} />
          </Fact>
          <Fact label={t("added")}>
            <Moment at={bot.created_at} />
          </Fact>
          <Fact label={t("mode")} wide>
            {manages ? (
              <SegmentedControl
                size="xs"
                aria-label={t("mode")}
                value={setMode.isPending ? setMode.variables : bot.mode}
                onChange={(mode) => setMode.mutate(mode as TelegramBot["mode"])}
                data={[
                  { value: "polling", label: t("mode.polling") },
                  { value: "webhook", label: t("mode.webhook") },
                ]}
              />
            ) : (
              t(`mode.${bot.mode}`)
            )}
          </Fact>
        </dl>
      </Card>
      <Budget bot={bot} />
      <Card title={t("failed")} flush>
        <SendList wanted={{ bot_id: bot.id, state: "failed" }} limit={5} empty={t("failed.none")} />
      </Card>
      <Card title={t("chats")} flush>
        <BotChats bot={bot} trial={trial ?? null} />
      </Card>
    </>
  );
}

function Fact({
  label,
  alarming = false,
  wide = false,
  children,
}: {
  label: string;
  alarming?: boolean;
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <div data-alarming={alarming || undefined} data-wide={wide || undefined}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
