import { Switch } from "@mantine/core";
import type { TelegramBot } from "@meydan/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { Avatar } from "@/components/Avatar";
import { Card } from "@/components/Page";
import { useTitle } from "@/components/title";
import { useComplain } from "@/components/useComplain";
import { api, useMay } from "@/session/session";
import { useText } from "@/text/useText";
import { SendList } from "../outbox/SendList";
import { botsQuery, refresh } from "../queries";
import { texts as shared } from "../texts";
import styles from "./ChatView.module.css";
import { Composer } from "./Composer";
import { Conversation } from "./Conversation";
import { type GatheredChat, maySpeak, type Standing } from "./gather";
import { Standing as StandingWord } from "./Standing";
import { texts } from "./texts";

const RIGHTS = [
  "can_post_messages",
  "can_edit_messages",
  "can_pin_messages",
  "can_delete_messages",
  "can_manage_topics",
  "can_restrict_members",
  "can_promote_members",
  "can_invite_users",
  "can_change_info",
  "can_manage_chat",
] as const;
const RIGHTS_SHOWN = 5;

/** One chat: what may be written there, by whom, and what was. */
export function ChatView({ chat }: { chat: GatheredChat }) {
  const t = useText(texts);
  const s = useText(shared);
  const sends = useMay("telegram:send");
  useTitle(`${chat.title} · ${s("title")}`);
  const bots = useQuery(botsQuery).data?.bots ?? [];
  const known = (standing: Standing) => bots.find((bot) => bot.id === standing.botId);
  const speakers = chat.bots.filter(maySpeak).flatMap((standing) => known(standing) ?? []);
  return (
    <div className={styles.view}>
      <Link to="/telegram/sohbetler" className={styles.back}>
        <ChevronLeft size={17} aria-hidden="true" /> {t("back")}
      </Link>
      <header className={styles.header}>
        <h2>{chat.title}</h2>
        <p>
          {s(`kind.${chat.kind}`)}
          {chat.username && ` · @${chat.username}`} · <code>{chat.id}</code>
        </p>
      </header>
      <Conversation chat={chat} bots={bots} />
      {sends && bots.length > 0 && (
        <Card>
          <Composer chat={chat} bots={speakers} />
        </Card>
      )}
      <Card title={t("recent")} flush>
        <SendList wanted={{ chat_id: chat.id }} limit={10} empty={t("recent.empty")} inChat />
      </Card>
      <Card title={t("bots")}>
        <ul className={styles.bots}>
          {chat.bots.map((standing) => (
            <Bot key={standing.botId} standing={standing} bot={known(standing)} />
          ))}
        </ul>
        {chat.kind !== "private" && <SharedSwitch chat={chat} />}
      </Card>
      {chat.topics.length > 0 && (
        <Card title={t("topics")}>
          <ul className={styles.topics}>
            {chat.topics.map((topic) => (
              <li key={topic.thread_id}>
                {topic.name}
                {topic.closed && <small> ({t("topic.closed")})</small>}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}

function Bot({ standing, bot }: { standing: Standing; bot: TelegramBot | undefined }) {
  const t = useText(texts);
  const rights = RIGHTS.filter((right) => standing.rights.includes(right));
  const more = rights.length - RIGHTS_SHOWN;
  if (!bot) return null;
  return (
    <li>
      <Avatar name={bot.name} id={bot.id} size={30} />
      <span className={styles.names}>
        <Link to="/telegram/bot/$botId" params={{ botId: bot.id }}>
          {bot.name}
        </Link>
        {standing.status === "administrator" && rights.length > 0 && (
          <small>
            {rights
              .slice(0, RIGHTS_SHOWN)
              .map((right) => t(`right.${right}`))
              .join(", ")}
            {more > 0 && ` ${t("rights.more", { n: more })}`}
          </small>
        )}
      </span>
      <StandingWord standing={standing} />
    </li>
  );
}

/** A simulation in a group spends one budget, however many bots it has. */
function SharedSwitch({ chat }: { chat: GatheredChat }) {
  const t = useText(texts);
  const manages = useMay("telegram:manage");
  const complain = useComplain();
  const share = useMutation({
    mutationFn: (value: boolean) =>
      api.PATCH("/api/v1/telegram/chats/{chat_id}", {
        params: { path: { chat_id: chat.id } },
        body: { shared: value },
      }),
    onSuccess: () => refresh(),
    onError: complain,
  });
  return (
    <Switch
      className={styles.shared ?? ""}
      checked={share.isPending ? share.variables : chat.shared}
      disabled={!manages}
      label={t("shared")}
      description={t("shared.hint")}
      onChange={(event) => share.mutate(event.currentTarget.checked)}
    />
  );
}
