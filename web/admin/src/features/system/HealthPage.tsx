import { useDocumentVisibility } from "@mantine/hooks";
import { ApiError, data, type Health, toError } from "@meydan/client";
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck } from "lucide-react";
import { Chart, type Line } from "@/components/Chart";
import { Card } from "@/components/Page";
import { Failed, Loading } from "@/components/States";
import { api } from "@/session/session";
import { bytes, compact, duration, number } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import styles from "./HealthPage.module.css";
import { SystemFrame } from "./SystemFrame";
import { texts } from "./texts";

const EVERY_MS = 2_000;
const SECONDS = 600;

export function HealthPage() {
  const t = useText(texts);
  const locale = useLocale();
  const visible = useDocumentVisibility() === "visible";
  const refetchInterval = visible ? EVERY_MS : (false as const);
  const health = useQuery({ queryKey: ["health"], queryFn: readHealth, refetchInterval });
  const overview = useQuery({
    queryKey: ["overview"],
    queryFn: () => data(api.GET("/api/v1/system/overview")),
    refetchInterval,
  });
  const samples = useQuery({
    queryKey: ["samples"],
    queryFn: () => data(api.GET("/api/v1/system/samples", { params: { query: { seconds: SECONDS } } })),
    refetchInterval,
  });

  if (overview.isPending || health.isPending) {
    return (
      <SystemFrame>
        <Loading label={t("health.loading")} rows={4} height={96} />
      </SystemFrame>
    );
  }
  if (overview.isError || health.isError) {
    const retry = () => {
      void overview.refetch();
      void health.refetch();
    };
    return (
      <SystemFrame>
        <Failed error={overview.error ?? health.error} retry={retry} />
      </SystemFrame>
    );
  }

  const { columns = [], rows = [] } = samples.data ?? {};
  const column = (name: string): number[] => {
    const at = columns.indexOf(name);
    return at === -1 ? [] : rows.map((row) => row[at] ?? 0);
  };
  const times = column("t");
  const plain = (value: number) => compact(locale, value);
  const ms = (value: number) => `${number(locale, value, value < 10 ? 1 : 0)} ms`;
  const percent = (value: number) => `%${number(locale, value * 100, 0)}`;
  const share = locale === "tr" ? percent : (value: number) => `${number(locale, value * 100, 0)}%`;
  const size = (value: number) => bytes(locale, value);
  const charts: readonly { title: string; lines: readonly Line[]; format: (value: number) => string }[] = [
    { title: t("chart.connections"), lines: [{ values: column("connections"), tone: "kobalt" }], format: plain },
    { title: t("chart.deliveries"), lines: [{ values: column("deliveries_per_s"), tone: "turkuaz" }], format: plain },
    { title: t("chart.messages"), lines: [{ values: column("messages_per_s"), tone: "turkuaz" }], format: plain },
    {
      title: t("chart.commit"),
      lines: [
        { name: t("chart.p50"), values: column("commit_p50_ms"), tone: "kobalt" },
        { name: t("chart.p99"), values: column("commit_p99_ms"), tone: "safran", dashed: true },
      ],
      format: ms,
    },
    { title: t("chart.cpu"), lines: [{ values: column("cpu_share"), tone: "kobalt" }], format: share },
    { title: t("chart.memory"), lines: [{ values: column("memory_bytes"), tone: "kobalt" }], format: size },
  ];
  const { version, node, uptime_seconds, database, redis, rooms_active, users_online } = overview.data;
  return (
    <SystemFrame>
      <Card>
        <div className={styles.status}>
          <span className={styles.mood} data-ok={health.data.hazir || undefined}>
            {health.data.hazir ? <CircleCheck size={30} /> : <CircleAlert size={30} />}
          </span>
          <div>
            <h2>{health.data.hazir ? t("health.ok") : t("health.bad")}</h2>
            <p className="numbers">{t("health.detail", { version, node, uptime: duration(locale, uptime_seconds) })}</p>
          </div>
          <dl className={`${styles.facts} numbers`}>
            {Object.entries(health.data.bilesenler).map(([name, part]) => (
              <div key={name} data-bad={part.durum !== "saglikli" || undefined}>
                <dt>{isKnown(name) ? t(`component.${name}`) : name}</dt>
                <dd>
                  {part.durum === "saglikli"
                    ? t("component.ok", { ms: number(locale, part.gecikme_ms ?? 0, 1) })
                    : t(isKnown(name) ? `component.${name}.bad` : "component.bad")}
                </dd>
              </div>
            ))}
            <div>
              <dt>{database === "sqlite" ? "SQLite" : "PostgreSQL"}</dt>
              <dd>
                {t("fact.redis")} {redis ? t("fact.redis.yes") : t("fact.redis.no")}
              </dd>
            </div>
            <div>
              <dt>{t("fact.rooms")}</dt>
              <dd>{number(locale, rooms_active)}</dd>
            </div>
            <div>
              <dt>{t("fact.users")}</dt>
              <dd>{number(locale, users_online)}</dd>
            </div>
          </dl>
        </div>
      </Card>
      {samples.isError ? (
        <Failed error={samples.error} retry={() => void samples.refetch()} />
      ) : (
        <section className={styles.charts} aria-label={t("chart.window", { n: SECONDS / 60 })}>
          {charts.map((chart) => (
            <Chart key={chart.title} times={times} waiting={t("chart.waiting")} {...chart} />
          ))}
        </section>
      )}
      <p className={styles.note}>
        {t("chart.window", { n: SECONDS / 60 })}. {t("chart.paused")}
      </p>
    </SystemFrame>
  );
}

const COMPONENTS = ["veritabani", "veriyolu", "kayit", "baglanti", "hizmetler"] as const;

function isKnown(name: string): name is (typeof COMPONENTS)[number] {
  return COMPONENTS.some((known) => known === name);
}

/** A node that is not ready says so with a 503 whose body is still the report. */
async function readHealth(): Promise<Health> {
  const response = await fetch("/saglik", { headers: { Accept: "application/json" } }).catch((error: unknown) => {
    throw new ApiError(0, "ag_hatasi", "", String(error));
  });
  if (!response.ok && response.status !== 503) throw await toError(response);
  return (await response.json()) as Health;
}
