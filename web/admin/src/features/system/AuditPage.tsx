import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type AuditEntry, data } from "@meydan/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { SortMenu } from "@/components/ListTools";
import { Moment } from "@/components/Moment";
import { Card } from "@/components/Page";
import { Empty, Failed, Loading } from "@/components/States";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import styles from "./AuditPage.module.css";
import { SystemFrame } from "./SystemFrame";
import type { AuditSearch } from "./search";
import { texts } from "./texts";

export function AuditPage() {
  const t = useText(texts);
  const [actor, setActor] = useState("");
  const [action, setAction] = useState("");
  const navigate = useNavigate();
  const { sirala: order = "-at" } = useSearch({ strict: false }) as AuditSearch;
  const [filter] = useDebouncedValue({ actor: actor.trim(), action: action.trim() }, 300);
  const log = useInfiniteQuery({
    queryKey: ["audit", filter, order],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/audit", {
          params: {
            query: {
              sort: order,
              limit: 50,
              ...(filter.actor ? { actor: filter.actor } : {}),
              ...(filter.action ? { action: filter.action } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const entries = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <SystemFrame>
      <p className={styles.intro}>{t("audit.detail")}</p>
      <div className={styles.filters}>
        <TextInput
          value={actor}
          placeholder={t("audit.actor")}
          aria-label={t("audit.actor")}
          onChange={(event) => setActor(event.currentTarget.value)}
          data-search
        />
        <TextInput
          value={action}
          placeholder={t("audit.action")}
          aria-label={t("audit.action")}
          onChange={(event) => setAction(event.currentTarget.value)}
        />
        <SortMenu
          order={order}
          orders={{ "-at": t("audit.sort.-at"), at: t("audit.sort.at") }}
          onChoose={(order) =>
            void navigate({ to: "/sistem/denetim", search: order === "at" ? { sirala: order } : {}, replace: true })
          }
        />
      </div>
      <Card flush>
        {log.isPending && <Loading label={t("audit.loading")} />}
        {log.isError && <Failed error={log.error} retry={() => void log.refetch()} />}
        {log.isSuccess && entries.length === 0 && <Empty title={t("audit.empty")} detail={t("audit.empty.detail")} />}
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </Card>
      {log.hasNextPage && (
        <Button variant="light" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {t(`audit.more.${order}`)}
        </Button>
      )}
    </SystemFrame>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const t = useText(texts);
  const facts = Object.entries(entry.data);
  return (
    <details className={styles.entry}>
      <summary data-row>
        <ChevronRight size={16} aria-hidden="true" />
        <code>{entry.action}</code>
        <strong>{entry.actor_id}</strong>
        <span>{entry.target}</span>
        <Moment at={entry.at} />
      </summary>
      <dl>
        <div>
          <dt>{t("audit.ip")}</dt>
          <dd>{entry.ip || "—"}</dd>
        </div>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
      {facts.length === 0 && <p>{t("audit.none")}</p>}
    </details>
  );
}
