import { Select } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { useMemo, useState } from "react";
import { LinkButton } from "@/components/LinkButton";
import { SortMenu } from "@/components/ListTools";
import { Card } from "@/components/Page";
import { Empty } from "@/components/States";
import { Trail } from "@/components/Trail";
import { useWhole } from "@/components/useWhole";
import { number } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { gather } from "../chats/gather";
import { botsQuery, chatsQuery, countsQuery, type SendOrder } from "../queries";
import { TelegramFrame } from "../TelegramFrame";
import { texts as shared } from "../texts";
import { MaybeSent } from "./MaybeSent";
import styles from "./OutboxPage.module.css";
import { SendList } from "./SendList";
import { type OutboxSearch, STATES } from "./search";
import { texts } from "./texts";

/** Everything that was, is and will be sent. */
export function OutboxPage() {
  const t = useText(texts);
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as OutboxSearch;
  const { durum: state, bot, sohbet: chat, sira: order } = search;
  const filtered = state !== undefined || bot !== undefined || chat !== undefined;
  const choose = (change: { [K in keyof OutboxSearch]: OutboxSearch[K] | undefined }) => {
    const next = Object.fromEntries(
      Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined),
    );
    void navigate({ to: "/telegram/giden", search: next, replace: true });
  };
  const bots = useQuery(botsQuery).data?.bots ?? [];
  const [choosing, setChoosing] = useState(false);
  const rows = useWhole(useInfiniteQuery(chatsQuery), choosing).data;
  const chats = useMemo(() => gather(rows ?? []), [rows]);
  const orders: Record<SendOrder, string> = {
    "-created_at": t("order.-created_at"),
    created_at: t("order.created_at"),
    next: t("order.next"),
  };
  const wanted = {
    ...(state ? { state } : {}),
    ...(bot ? { bot_id: bot } : {}),
    ...(chat === undefined ? {} : { chat_id: chat }),
    ...(order ? { sort: order } : {}),
  };
  return (
    <TelegramFrame>
      <MaybeSent />
      <Counts chosen={state} onChoose={(durum) => choose({ durum, sira: order === "next" ? undefined : order })} />
      <div className={styles.filters}>
        <Select
          aria-label={t("filter.chat")}
          placeholder={t("filter.chat")}
          searchable
          clearable
          value={chat === undefined ? null : String(chat)}
          data={chats.map(({ id, title }) => ({ value: String(id), label: title }))}
          onDropdownOpen={() => setChoosing(true)}
          onChange={(value) => choose({ sohbet: value ? Number(value) : undefined })}
          data-search
        />
        <Select
          aria-label={t("filter.bot")}
          placeholder={t("filter.bot")}
          clearable
          value={bot ?? null}
          data={bots.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(value) => choose({ bot: value ?? undefined })}
        />
        <SortMenu
          order={order ?? "-created_at"}
          orders={orders}
          onChoose={(value) => choose(arranged(value, search))}
        />
      </div>
      <Card flush>
        <SendList wanted={wanted} empty={<Nothing filtered={filtered} />} />
      </Card>
    </TelegramFrame>
  );
}

/** What an order of the outbox changes in its address: only what waits has a turn. */
function arranged(
  value: SendOrder,
  { durum }: OutboxSearch,
): { [K in keyof OutboxSearch]: OutboxSearch[K] | undefined } {
  return { sira: value === "-created_at" ? undefined : value, durum: value === "next" ? "queued" : durum };
}

function Nothing({ filtered }: { filtered: boolean }) {
  const t = useText(texts);
  if (filtered) return <Empty title={t("none-found")} detail={t("none-found.detail")} />;
  return (
    <Empty
      icon={<Inbox size={38} />}
      title={t("empty")}
      detail={t("empty.detail")}
      action={<LinkButton to="/telegram/sohbetler">{t("empty.action")}</LinkButton>}
    />
  );
}

/** How many stand where; each number leads to its sends. */
function Counts({
  chosen,
  onChoose,
}: {
  chosen: OutboxSearch["durum"];
  onChoose: (state: OutboxSearch["durum"]) => void;
}) {
  const t = useText(texts);
  const s = useText(shared);
  const locale = useLocale();
  const counts = useQuery(countsQuery);
  return (
    <fieldset className={styles.counts}>
      <legend className="visually-hidden">{t("counts")}</legend>
      {STATES.map((state) => {
        const count = counts.data?.[state] ?? 0;
        return (
          <button
            key={state}
            type="button"
            aria-pressed={state === chosen}
            data-state={state}
            data-some={count > 0 || undefined}
            onClick={() => onChoose(state === chosen ? undefined : state)}
          >
            <span>{s(`send.${state}`)}</span>
            <b className="numbers">{counts.data ? number(locale, count) : "–"}</b>
            {counts.data && <Trail name={`sends.${state}`} value={count} at={counts.dataUpdatedAt} />}
          </button>
        );
      })}
    </fieldset>
  );
}
