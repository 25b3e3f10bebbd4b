import type { TelegramBot } from "@meydan/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { useMemo } from "react";
import { Empty, Failed, Loading } from "@/components/States";
import { useWhole } from "@/components/useWhole";
import { useText } from "@/text/useText";
import { gather } from "../chats/gather";
import { Standing } from "../chats/Standing";
import { chatsQuery } from "../queries";
import { texts as shared } from "../texts";
import styles from "./BotChats.module.css";
import { texts } from "./texts";

/** The chats that a bot has seen, and how it stands there. */
export function BotChats({ bot, trial }: { bot: TelegramBot; trial: string | null }) {
  const t = useText(texts);
  const s = useText(shared);
  const rows = useWhole(useInfiniteQuery(chatsQuery), true);
  const chats = useMemo(() => gather((rows.data ?? []).filter((row) => row.bot_id === bot.id)), [rows.data, bot.id]);
  if (rows.isPending) return <Loading label={t("loading")} rows={2} />;
  if (!rows.data) return <Failed error={rows.error} retry={() => void rows.refetch()} />;
  if (chats.length === 0) {
    const home = bot.trial ? trial : `https://t.me/${bot.username}?startgroup=true`;
    return (
      <Empty
        icon={<MessagesSquare size={34} />}
        title={t("chats.none")}
        detail={t("chats.none.detail")}
        action={
          home && (
            <a href={home} target="_blank" rel="noreferrer">
              {bot.trial ? s("trial.open") : t("open")}
            </a>
          )
        }
      />
    );
  }
  return (
    <ul className={styles.chats}>
      {chats.map((chat) => (
        <li key={chat.id}>
          <Link to="/telegram/sohbetler/$chatId" params={{ chatId: String(chat.id) }} data-row>
            <strong>{chat.title}</strong>
            <small>{s(`kind.${chat.kind}`)}</small>
          </Link>
          {chat.bots[0] && <Standing standing={chat.bots[0]} />}
        </li>
      ))}
    </ul>
  );
}
