import { SegmentedControl } from "@mantine/core";
import type { TelegramBot, TelegramSaid } from "@meydan/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { MessageCircle } from "lucide-react";
import { useState } from "react";
import { LoadOn } from "@/components/LoadOn";
import { Card } from "@/components/Page";
import { Empty, Failed, Loading } from "@/components/States";
import { dateTime, shortMoment } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { messagesQuery } from "../queries";
import styles from "./Conversation.module.css";
import type { GatheredChat } from "./gather";
import { texts } from "./texts";

/** What people wrote in a chat and what bots sent there, the latest at the bottom. */
export function Conversation({ chat, bots }: { chat: GatheredChat; bots: readonly TelegramBot[] }) {
  const t = useText(texts);
  const apart = chat.kind === "private"; // there a person talks with each bot by itself
  const [botId, setBotId] = useState(apart ? chat.bots[0]?.botId : undefined);
  const pages = useInfiniteQuery(messagesQuery(chat.id, botId));
  const said = pages.data?.pages.flatMap((page) => page.messages) ?? [];
  const names = new Map(bots.map((bot) => [bot.id, bot.name]));
  return (
    <Card
      title={t("said")}
      detail={t("said.detail")}
      flush
      actions={
        apart &&
        chat.bots.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label={t("said.with")}
            value={botId ?? ""}
            onChange={setBotId}
            data={chat.bots.map((one) => ({ value: one.botId, label: names.get(one.botId) ?? one.botId.slice(0, 6) }))}
          />
        )
      }
    >
      {pages.isPending && (
        <div className={styles.waiting}>
          <Loading label={t("said.loading")} rows={3} />
        </div>
      )}
      {pages.isError && !pages.data && <Failed error={pages.error} retry={() => void pages.refetch()} />}
      {pages.data && said.length === 0 && (
        <Empty icon={<MessageCircle size={34} />} title={t("said.empty")} detail={t("said.empty.detail")} />
      )}
      {said.length > 0 && (
        <section className={styles.window} aria-label={t("said")} tabIndex={0}>
          <ol className={styles.messages}>
            {[...said].reverse().map((message) => (
              <Said key={message.id} message={message} bot={names.get(message.bot_id)} />
            ))}
          </ol>
          <LoadOn pages={pages} label={t("said.older")} />
        </section>
      )}
    </Card>
  );
}

function Said({ message, bot }: { message: TelegramSaid; bot: string | undefined }) {
  const t = useText(texts);
  const locale = useLocale();
  const { incoming, kind, text } = message;
  return (
    <li className={styles.message} data-incoming={incoming || undefined} data-event={kind === "event" || undefined}>
      <p className={styles.head}>
        <strong>{incoming ? message.author || t("said.nobody") : (bot ?? t("said.bot"))}</strong>
        {!incoming && <span>{t("said.by", { name: message.author })}</span>}
        <time className="numbers" dateTime={message.at} title={dateTime(locale, message.at)}>
          {shortMoment(locale, message.at)}
        </time>
      </p>
      <p className={styles.text} data-deleted={message.deleted || undefined}>
        {kind !== "text" && <em className={styles.kind}>{t(`said.kind.${kind}`)}</em>}
        {text}
      </p>
      {(message.edited || message.deleted) && (
        <p className={styles.note}>{message.deleted ? t("said.deleted") : t("said.edited")}</p>
      )}
    </li>
  );
}
