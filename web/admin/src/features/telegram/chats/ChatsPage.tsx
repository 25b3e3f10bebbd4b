import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Hash, Megaphone, MessagesSquare, User, UsersRound } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { LinkButton } from "@/components/LinkButton";
import { ListTools } from "@/components/ListTools";
import { LoadOn } from "@/components/LoadOn";
import { byName, latestFirst, useListing } from "@/components/listing";
import { Card } from "@/components/Page";
import { Empty, Failed, Loading } from "@/components/States";
import { texts as general } from "@/components/texts";
import { useWhole } from "@/components/useWhole";
import { shortMoment } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { botsQuery, chatsQuery } from "../queries";
import { TelegramFrame } from "../TelegramFrame";
import { texts as shared } from "../texts";
import styles from "./ChatsPage.module.css";
import { ChatView } from "./ChatView";
import { type GatheredChat, gather } from "./gather";
import { texts } from "./texts";

/** The chats that bots have seen, and the one in front; on a phone one of the two. */
export function ChatsPage() {
  const t = useText(texts);
  const { chatId } = useParams({ strict: false });
  const [searching, setSearching] = useState(false);
  const rows = useInfiniteQuery(chatsQuery);
  const chats = useMemo(() => gather(rows.data ?? []), [rows.data]);
  const chosen = chats.find((chat) => String(chat.id) === chatId);
  useWhole(rows, searching || (chatId !== undefined && !chosen));
  if (!rows.data) {
    return (
      <TelegramFrame>
        <Card flush>
          {rows.isPending && <Loading label={t("loading")} />}
          {rows.isError && <Failed error={rows.error} retry={() => void rows.refetch()} />}
        </Card>
      </TelegramFrame>
    );
  }
  if (chats.length === 0) {
    return (
      <TelegramFrame>
        <Card flush>
          <NoChats />
        </Card>
      </TelegramFrame>
    );
  }
  return (
    <TelegramFrame>
      <div className={styles.split} data-open={chatId ? "" : undefined}>
        <ChatList chats={chats} current={chosen?.id ?? null} onSearch={setSearching}>
          <LoadOn pages={rows} label={t("more")} />
        </ChatList>
        {chosen && <ChatView key={chosen.id} chat={chosen} />}
        {!chosen && (
          <div className={styles.choose}>
            {chatId && rows.hasNextPage ? (
              <Loading label={t("loading")} />
            ) : chatId ? (
              <Empty
                title={t("gone")}
                detail={t("gone.detail")}
                action={
                  <LinkButton to="/telegram/sohbetler" variant="light">
                    {t("back")}
                  </LinkButton>
                }
              />
            ) : (
              <Empty icon={<MessagesSquare size={38} />} title={t("choose")} detail={t("choose.detail")} />
            )}
          </div>
        )}
      </div>
    </TelegramFrame>
  );
}

function NoChats() {
  const t = useText(texts);
  const s = useText(shared);
  const bots = useQuery(botsQuery).data;
  const trial = bots?.trial_url;
  return (
    <Empty
      icon={<MessagesSquare size={38} />}
      title={t("empty")}
      detail={t(bots?.bots.length ? "empty.detail" : "empty.no-bots")}
      action={
        bots?.bots.length && trial ? (
          <a href={trial} target="_blank" rel="noreferrer">
            {s("trial.open")}
          </a>
        ) : (
          <LinkButton to="/telegram">{t("empty.to-bots")}</LinkButton>
        )
      }
    />
  );
}

const ICONS = { private: User, group: UsersRound, supergroup: UsersRound, forum: Hash, channel: Megaphone } as const;

const ORDERS = {
  latest: (a: GatheredChat, b: GatheredChat) => latestFirst(a.seenAt, b.seenAt) || byName(a.title, b.title),
  name: (a: GatheredChat, b: GatheredChat) => byName(a.title, b.title),
} as const;

function ChatList({
  chats,
  current,
  onSearch,
  children,
}: {
  chats: readonly GatheredChat[];
  current: number | null;
  onSearch: (searching: boolean) => void;
  children: ReactNode;
}) {
  const t = useText(texts);
  const s = useText(shared);
  const locale = useLocale();
  const common = useText(general);
  const list = useListing(chats, (chat) => `${chat.title} ${chat.username ?? ""} ${chat.id}`, ORDERS);
  const { shown, typed: query } = list;
  useEffect(() => onSearch(query.trim() !== ""), [query, onSearch]);
  return (
    <nav className={styles.list} aria-label={t("chats")}>
      <ListTools
        list={list}
        search={t("search")}
        orders={{ latest: common("sort.latest"), name: common("sort.name") }}
      />
      {shown.length === 0 && <Empty title={t("none-found", { query })} />}
      <ul>
        {shown.map((chat) => {
          const Icon = ICONS[chat.kind];
          return (
            <li key={chat.id}>
              <Link
                to="/telegram/sohbetler/$chatId"
                params={{ chatId: String(chat.id) }}
                className={styles.chat}
                aria-current={chat.id === current ? "page" : undefined}
                data-row
              >
                <span className={styles.icon}>
                  <Icon size={17} aria-hidden="true" />
                </span>
                <span className={styles.names}>
                  <strong>{chat.title}</strong>
                  <small>
                    {s(`kind.${chat.kind}`)} · {t("bots.count", { n: chat.bots.length })}
                  </small>
                </span>
                <time className="numbers" dateTime={chat.seenAt}>
                  {shortMoment(locale, chat.seenAt)}
                </time>
              </Link>
            </li>
          );
        })}
      </ul>
      {children}
    </nav>
  );
}
