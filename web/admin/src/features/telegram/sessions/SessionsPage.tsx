import { Button } from "@mantine/core";
import { data, type TelegramSession } from "@meydan/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Smartphone } from "lucide-react";
import { useState } from "react";
import { DataTable } from "@/components/DataTable";
import { ConfirmByName, CopyAction } from "@/components/dialogs";
import { ListTools } from "@/components/ListTools";
import { byName, latestFirst, useListing } from "@/components/listing";
import { Moment } from "@/components/Moment";
import { Card } from "@/components/Page";
import { Empty, Failed, Loading } from "@/components/States";
import { Trail } from "@/components/Trail";
import { texts as shared } from "@/components/texts";
import { toast } from "@/components/toasts";
import { api, useMay } from "@/session/session";
import { duration, number } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { refresh } from "../queries";
import { TelegramFrame } from "../TelegramFrame";
import styles from "./SessionsPage.module.css";
import { texts } from "./texts";

const EVERY_MS = 5_000;
const STATES: readonly TelegramSession["state"][] = ["in_use", "idle", "unreadable", "quarantined"];
const ORDERS = {
  name: (a: TelegramSession, b: TelegramSession) => byName(a.name, b.name),
  used: (a: TelegramSession, b: TelegramSession) => latestFirst(a.last_used_at, b.last_used_at),
  state: (a: TelegramSession, b: TelegramSession) =>
    STATES.indexOf(a.state) - STATES.indexOf(b.state) || byName(a.name, b.name),
} as const;
const LOGIN = "meydan telegram login";

/** The Telegram accounts that are signed in on this machine. */
export function SessionsPage() {
  const t = useText(texts);
  const manages = useMay("telegram:manage");
  const s = useText(shared);
  const [leaving, setLeaving] = useState<TelegramSession | null>(null);
  const found = useQuery({
    queryKey: ["telegram", "sessions"],
    queryFn: async () => (await data(api.GET("/api/v1/telegram/sessions"))).sessions,
    refetchInterval: EVERY_MS,
  });
  const sessions = found.data ?? [];
  const list = useListing(found.data, (session) => session.name, ORDERS);
  const { shown, typed: query } = list;
  return (
    <TelegramFrame>
      <p className={styles.intro}>{t("intro")}</p>
      {sessions.length > 0 && (
        <ListTools
          list={list}
          search={t("search")}
          orders={{ name: s("sort.name"), used: s("sort.latest"), state: t("sort.state") }}
          size="md"
        />
      )}
      <Card flush>
        {found.isPending && <Loading label={t("loading")} rows={3} />}
        {found.isError && !found.data && <Failed error={found.error} retry={() => void found.refetch()} />}
        {found.data?.length === 0 && (
          <Empty
            icon={<Smartphone size={36} />}
            title={t("empty")}
            detail={t("empty.detail")}
            action={
              <div className={styles.command}>
                <code>{LOGIN}</code>
                <CopyAction value={LOGIN}>{t("empty.copy")}</CopyAction>
              </div>
            }
          />
        )}
        {sessions.length > 0 && shown.length === 0 && <Empty title={t("none-found", { query })} />}
        {shown.length > 0 && (
          <DataTable
            label={t("sessions")}
            head={[
              t("name"),
              t("state"),
              t("used"),
              t("traffic"),
              t("reason"),
              <span key="actions" className="visually-hidden">
                {t("actions.head")}
              </span>,
            ]}
          >
            {shown.map((session) => (
              <SessionRow
                key={session.name}
                session={session}
                at={found.dataUpdatedAt}
                onLeave={manages ? () => setLeaving(session) : null}
              />
            ))}
          </DataTable>
        )}
      </Card>
      <Leave session={leaving} onClose={() => setLeaving(null)} />
    </TelegramFrame>
  );
}

function SessionRow({ session, at, onLeave }: { session: TelegramSession; at: number; onLeave: (() => void) | null }) {
  const t = useText(texts);
  const locale = useLocale();
  const { name, state, stats } = session;
  const act = state === "quarantined" ? "delete" : "put-away";
  return (
    <tr tabIndex={-1} data-row>
      <td className={styles.name}>
        <strong>{name}</strong>
        <small>{t(`kind.${session.kind}`)}</small>
      </td>
      <td>
        <span className={styles.state} data-state={state}>
          {t(`state.${state}`)}
        </span>
      </td>
      <td>
        <Moment at={session.last_used_at} none={t("never")} />
      </td>
      <td className={styles.traffic}>
        {stats && (
          <span>
            <b className="numbers">{number(locale, stats.messages_sent)}</b>
            <Trail name={`session.${name}.sent`} value={stats.messages_sent} at={at} />
          </span>
        )}
      </td>
      <td className={styles.reason}>
        <Details session={session} />
      </td>
      <td>
        {onLeave && state !== "in_use" && (
          <Button size="xs" variant="subtle" color="mercan" aria-label={t(`${act}.of`, { name })} onClick={onLeave}>
            {t(act)}
          </Button>
        )}
      </td>
    </tr>
  );
}

function Details({ session: { state, host, reason, stats } }: { session: TelegramSession }) {
  const t = useText(texts);
  const locale = useLocale();
  if (state === "unreadable") return t("reason.unreadable");
  if (reason) return reason === "put_away" ? t("reason.put_away") : t("reason.telegram", { reason });
  const facts = [
    host && t("host", { host }),
    stats && t("uptime", { time: duration(locale, stats.uptime_seconds) }),
    stats && t("trouble", { failed: stats.messages_failed, floods: stats.flood_waits, again: stats.reconnections }),
  ];
  return facts.filter(Boolean).join(" · ");
}

/** Putting away asks for the name; so does deleting what was put away. */
function Leave({ session, onClose }: { session: TelegramSession | null; onClose: () => void }) {
  const t = useText(texts);
  const act = session?.state === "quarantined" ? "delete" : "put-away";
  const name = session?.name ?? "";
  const leave = useMutation({
    mutationFn: () =>
      api.DELETE("/api/v1/telegram/sessions/{name}", { params: { path: { name }, query: { confirm: name } } }),
    onSuccess: () => {
      toast(t(`${act}.done`, { name }));
      onClose();
      void refresh();
    },
  });
  return (
    <ConfirmByName
      opened={session !== null}
      onClose={() => {
        leave.reset();
        onClose();
      }}
      title={t(`${act}.title`, { name })}
      detail={t(`${act}.detail`)}
      name={name}
      action={t(act)}
      busy={leave.isPending}
      error={leave.error}
      onConfirm={() => leave.mutate()}
    />
  );
}
