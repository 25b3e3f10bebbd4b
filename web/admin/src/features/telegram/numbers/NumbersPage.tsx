import { data } from "@meydan/client";
import { useQuery } from "@tanstack/react-query";
import { Chart, type Line } from "@/components/Chart";
import { Failed, Loading } from "@/components/States";
import { api } from "@/session/session";
import { compact, duration, number } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { TelegramFrame } from "../TelegramFrame";
import styles from "./NumbersPage.module.css";
import { texts } from "./texts";

const EVERY_MS = 2_000;
const SECONDS = 600;

/** What the fleet did in the last minutes, as this node measured it. */
export function NumbersPage() {
  const t = useText(texts);
  const locale = useLocale();
  const samples = useQuery({
    queryKey: ["samples"],
    queryFn: () => data(api.GET("/api/v1/system/samples", { params: { query: { seconds: SECONDS } } })),
    refetchInterval: EVERY_MS,
  });
  if (!samples.data) {
    return (
      <TelegramFrame>
        {samples.isPending && <Loading label={t("loading")} rows={2} height={180} />}
        {samples.isError && <Failed error={samples.error} retry={() => void samples.refetch()} />}
      </TelegramFrame>
    );
  }
  const { columns, rows } = samples.data;
  const column = (name: string): number[] => {
    const at = columns.indexOf(name);
    return at === -1 ? [] : rows.map((row) => row[at] ?? 0);
  };
  const plain = (value: number) => compact(locale, value);
  const rate = (value: number) => number(locale, value, value < 10 ? 1 : 0);
  const wait = (value: number) => (value < 60 ? t("seconds", { s: rate(value) }) : duration(locale, value));
  const charts: readonly { title: string; lines: readonly Line[]; format: (value: number) => string }[] = [
    { title: t("sent"), lines: [{ values: column("telegram_sent_per_s"), tone: "turkuaz" }], format: rate },
    {
      title: t("limited"),
      lines: [
        { name: t("limited.chat"), values: column("telegram_limited_chat_per_s"), tone: "kobalt" },
        { name: t("limited.bot"), values: column("telegram_limited_bot_per_s"), tone: "safran", dashed: true },
      ],
      format: rate,
    },
    { title: t("queued"), lines: [{ values: column("telegram_queued"), tone: "kobalt" }], format: plain },
    { title: t("oldest"), lines: [{ values: column("telegram_oldest_s"), tone: "kobalt" }], format: wait },
  ];
  const times = column("t");
  return (
    <TelegramFrame>
      <section className={styles.charts} aria-label={t("window", { n: SECONDS / 60 })}>
        {charts.map((chart) => (
          <Chart key={chart.title} times={times} waiting={t("waiting")} {...chart} />
        ))}
      </section>
      <p className={styles.note}>
        {t("window", { n: SECONDS / 60 })}. {t("note")}
      </p>
    </TelegramFrame>
  );
}
