import { Button, SegmentedControl } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { data, type Message } from "@meydan/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { SimBadge } from "@/components/Badges";
import { SearchField } from "@/components/ListTools";
import { Empty, Failed, Loading } from "@/components/States";
import { useNamed } from "@/components/useNamed";
import { api, useSession } from "@/session/session";
import { shortMoment } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { MessageText } from "./MessageText";
import styles from "./Panel.module.css";
import { SidePanel } from "./SidePanel";
import { texts } from "./texts";

const PAGE = 20;

interface Props {
  id: string;
  onClose: () => void;
  onReveal: (messageId: string) => void;
}

/** Looks for words in this room or everywhere; a result leads to its place in the talk. */
export function SearchPanel({ id, onClose, onReveal }: Props) {
  const t = useText(texts);
  const session = useSession();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [scope, setScope] = useState<"here" | "everywhere">("here");
  const [query] = useDebouncedValue(typed.trim(), 250);
  const me = session.status === "in" ? session.user.id : null;
  const found = useInfiniteQuery({
    queryKey: ["search", scope === "here" ? id : null, query],
    queryFn: ({ pageParam, signal }) =>
      data(
        api.GET("/api/v1/mesaj/ara", {
          signal,
          params: {
            query: {
              q: query,
              limit: PAGE,
              ...(scope === "here" ? { oda_id: id } : {}),
              ...(pageParam ? { once: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => (last.devami ? last.mesajlar.at(-1)?.id : undefined),
    enabled: query.length > 0,
  });
  const messages: readonly Message[] = found.data?.pages.flatMap((page) => page.mesajlar) ?? [];
  const open = (message: Message) => {
    if (message.oda_id === id) onReveal(message.id);
    else void navigate({ to: "/oda/$odaId", params: { odaId: message.oda_id }, search: { ileti: message.id } });
    if (matchMedia("(max-width: 1020px)").matches) onClose();
  };
  return (
    <SidePanel
      title={t("search")}
      close={t("search.close")}
      onClose={onClose}
      tools={
        <>
          <SearchField label={t("search")} value={typed} onType={setTyped} onEscape={onClose} size="sm" autoFocus />
          <SegmentedControl
            size="xs"
            fullWidth
            aria-label={t("search.scope")}
            value={scope}
            onChange={(value) => setScope(value === "here" ? "here" : "everywhere")}
            data={[
              { value: "here", label: t("search.here") },
              { value: "everywhere", label: t("search.everywhere") },
            ]}
          />
          {query === "" && <p className={styles.hint}>{t("search.hint")}</p>}
        </>
      }
    >
      {found.isLoading && <Loading label={t("search.loading")} rows={4} height={60} />}
      {found.isError && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && messages.length === 0 && (
        <Empty title={t("search.none", { query })} detail={t("search.none.detail")} />
      )}
      <ul className={styles.found}>
        {messages.map((message) => (
          <li key={message.id}>
            <Result message={message} query={query} me={me} showRoom={scope === "everywhere"} onOpen={open} />
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <Button
          className={styles.more ?? ""}
          variant="light"
          size="sm"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {t("search.more")}
        </Button>
      )}
    </SidePanel>
  );
}

interface ResultProps {
  message: Message;
  query: string;
  me: string | null;
  showRoom: boolean;
  onOpen: (message: Message) => void;
}

function Result({ message, query, me, showRoom, onOpen }: ResultProps) {
  const locale = useLocale();
  const named = useNamed();
  return (
    <button type="button" className={styles.result} onClick={() => onOpen(message)} data-row>
      <span className={styles.by}>
        <span>
          <strong>{named(message)}</strong> {message.simulated && <SimBadge />}
          {showRoom && <> · #{message.oda_id}</>}
        </span>
        <time className="numbers">{shortMoment(locale, message.zaman)}</time>
      </span>
      <MessageText text={message.icerik} me={me} find={query} />
    </button>
  );
}
