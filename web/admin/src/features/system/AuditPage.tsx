import { Button, Select, TextInput } from "@mantine/core";
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
import { texts as shared } from "@/components/texts";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import styles from "./AuditPage.module.css";
import { ACTS, acts, isAct, valuesOf } from "./acts";
import { SystemFrame } from "./SystemFrame";
import type { AuditSearch } from "./search";
import { texts } from "./texts";

const BLANKS = { actor: "…", target: "…", user: "…", room: "…", sender: "…", by: "…", before: "…", after: "…" };

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
  const say = useText(acts);
  const choices = ACTS.map((value) => ({ value, label: say(value, BLANKS) }));
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
        <Select
          data={choices}
          value={action || null}
          placeholder={t("audit.action")}
          aria-label={t("audit.action")}
          searchable
          clearable
          onChange={(next) => setAction(next ?? "")}
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

const ROLES = ["owner", "admin", "moderator", "member", "guest"] as const;
const ROOM_ROLES = { sahip: "owner", moderator: "moderator", uye: "member" } as const;
const SECTIONS = ["chat", "accounts", "telegram", "network"] as const;

function Entry({ entry }: { entry: AuditEntry }) {
  const t = useText(texts);
  const s = useText(shared);
  const say = useText(acts);
  const facts = Object.entries({ ...(entry.target ? { target: entry.target } : {}), ...entry.data });
  const word = (name: string): string => {
    const role = ROLES.find((known) => known === name) ?? ROOM_ROLES[name as keyof typeof ROOM_ROLES];
    if (role) return s(`role.${role}`);
    const section = entry.action === "settings.changed" && SECTIONS.find((known) => known === name);
    return section ? t(`section.${section}`) : name;
  };
  const actor = entry.actor_id === "konsol" ? t("audit.console") : entry.actor_id || t("audit.somebody");
  return (
    <details className={styles.entry}>
      <summary data-row>
        <ChevronRight size={16} aria-hidden="true" />
        <span>
          {isAct(entry.action)
            ? say(entry.action, valuesOf(entry, actor, word))
            : t("audit.other", { actor, action: entry.action })}
        </span>
        <Moment at={entry.at} />
      </summary>
      <dl>
        <div>
          <dt>{t("audit.ip")}</dt>
          <dd>{entry.ip || "—"}</dd>
        </div>
        <div>
          <dt>{t("audit.agent")}</dt>
          <dd>{entry.agent || "—"}</dd>
        </div>
        <div>
          <dt>{t("audit.code")}</dt>
          <dd>
            <code>{entry.action}</code>
          </dd>
        </div>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name === "target" ? t("audit.target") : name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
