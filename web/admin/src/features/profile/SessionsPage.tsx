import { Button, Group, Text } from "@mantine/core";
import { data, type SignIn } from "@meydan/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { MonitorSmartphone } from "lucide-react";
import { ListTools } from "@/components/ListTools";
import { byName, latestFirst, useListing } from "@/components/listing";
import { Card } from "@/components/Page";
import { Empty, Failed, FormProblem, Loading } from "@/components/States";
import { texts as shared } from "@/components/texts";
import { toast } from "@/components/toasts";
import { queries } from "@/session/queries";
import { api, signOut } from "@/session/session";
import { dateTime } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import styles from "./Profile.module.css";
import { ProfileFrame } from "./ProfileFrame";
import { texts } from "./texts";

const ORDERS = {
  latest: (a: SignIn, b: SignIn) => latestFirst(a.last_used_at, b.last_used_at),
  name: (a: SignIn, b: SignIn) => byName(browser(a.agent), browser(b.agent)),
} as const;

export function SessionsPage() {
  const t = useText(texts);
  const sessions = useQuery({
    queryKey: ["sessions"],
    queryFn: async () => (await data(api.GET("/api/v1/auth/sessions"))).items,
  });
  const s = useText(shared);
  const list = useListing(sessions.data, (item) => `${browser(item.agent)} ${item.agent} ${item.ip}`, ORDERS);
  const close = useMutation({
    mutationFn: (id: string) =>
      api.DELETE("/api/v1/auth/sessions/{session_id}", { params: { path: { session_id: id } } }),
    onSuccess: () => {
      toast(t("sessions.closed"));
      void queries.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  const closeAll = useMutation({
    mutationFn: () => api.POST("/api/v1/auth/logout-all"),
    onSuccess: () => signOut(),
  });
  return (
    <ProfileFrame>
      <Card title={t("tab.sessions")} detail={t("sessions.detail")}>
        {sessions.isPending && <Loading label={t("sessions.loading")} rows={2} />}
        {sessions.isError && <Failed error={sessions.error} retry={() => void sessions.refetch()} />}
        {sessions.data?.length === 0 && <Empty title={t("sessions.empty")} />}
        <FormProblem error={close.error ?? closeAll.error} />
        {(sessions.data?.length ?? 0) > 1 && (
          <ListTools
            list={list}
            search={t("sessions.search")}
            orders={{ latest: s("sort.latest"), name: t("sessions.sort.browser") }}
          />
        )}
        {list.typed && list.shown.length === 0 && <Empty title={s("none-found", { query: list.typed })} />}
        {list.shown.map((item) => (
          <Row key={item.id} item={item} onClose={() => close.mutate(item.id)} />
        ))}
      </Card>
      <Card>
        <Group justify="space-between">
          <Text size="sm">{t("sessions.all.detail")}</Text>
          <Button variant="light" color="mercan" loading={closeAll.isPending} onClick={() => closeAll.mutate()}>
            {t("sessions.all")}
          </Button>
        </Group>
      </Card>
    </ProfileFrame>
  );
}

function Row({ item, onClose }: { item: SignIn; onClose: () => void }) {
  const t = useText(texts);
  const locale = useLocale();
  return (
    <div className={styles.row} tabIndex={-1} data-row>
      <MonitorSmartphone size={22} className={styles.icon} aria-hidden="true" />
      <span className={styles.text}>
        <strong>{browser(item.agent) || t("sessions.unknown")}</strong>
        <small className="numbers">
          {item.ip} · {t("sessions.last", { when: dateTime(locale, item.last_used_at) })}
        </small>
      </span>
      {item.current ? (
        <span className={styles.current}>{t("sessions.current")}</span>
      ) : (
        <Button size="xs" variant="default" onClick={onClose}>
          {t("sessions.close")}
        </Button>
      )}
    </div>
  );
}

/** `Chrome, Linux` from a user agent; the agent itself when it is none that is known. */
function browser(agent: string): string {
  const program = /(Firefox|Edg|OPR|Chrome|Safari|curl|python-httpx)/
    .exec(agent)?.[1]
    ?.replace("Edg", "Edge")
    .replace("OPR", "Opera");
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1]?.replace("Mac OS X", "macOS");
  return [program, system].filter(Boolean).join(", ") || agent.slice(0, 60);
}
