import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failed, Loading } from "@/components/States";
import { useText } from "@/text/useText";
import { botsQuery, sendsQuery, type Wanted } from "../queries";
import styles from "./SendList.module.css";
import { SendRow } from "./SendRow";
import { texts } from "./texts";

/** Sends as they go their way. */
export function SendList({
  wanted,
  limit,
  empty,
  inChat = false,
}: {
  wanted: Wanted;
  limit?: number;
  empty: ReactNode;
  inChat?: boolean;
}) {
  const t = useText(texts);
  const bots = useQuery(botsQuery).data?.bots;
  const found = useInfiniteQuery(sendsQuery(wanted, limit));
  const sends = found.data?.pages.flatMap((page) => page.sends) ?? [];
  return (
    <>
      {found.isPending && <Loading label={t("loading")} rows={limit ? 2 : 6} />}
      {found.isError && !found.data && <Failed error={found.error} retry={() => void found.refetch()} />}
      {found.data &&
        sends.length === 0 &&
        (typeof empty === "string" ? <p className={styles.empty}>{empty}</p> : empty)}
      <ol className={styles.sends}>
        {sends.map((send) => (
          <SendRow key={send.id} send={send} bot={bots?.find((bot) => bot.id === send.bot_id)} inChat={inChat} />
        ))}
      </ol>
      {found.hasNextPage && (
        <div className={styles.more}>
          <Button variant="light" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      )}
    </>
  );
}
