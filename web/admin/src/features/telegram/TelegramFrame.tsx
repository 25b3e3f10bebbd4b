import type { ReactNode } from "react";
import { NavTabs } from "@/components/NavTabs";
import { Page } from "@/components/Page";
import { useMay } from "@/session/session";
import { useText } from "@/text/useText";
import { texts } from "./texts";

/** The sections of Telegram's place. */
export function TelegramFrame({ actions, children }: { actions?: ReactNode; children: ReactNode }) {
  const t = useText(texts);
  const measures = useMay("system:read");
  const tabs = [
    { to: "/telegram", label: t("tab.bots") },
    { to: "/telegram/sohbetler", label: t("tab.chats") },
    { to: "/telegram/giden", label: t("tab.outbox") },
    { to: "/telegram/oturumlar", label: t("tab.sessions") },
    ...(measures ? [{ to: "/telegram/olcumler", label: t("tab.numbers") }] : []),
  ];
  return (
    <Page title={t("title")} detail={t("detail")} actions={actions} tabs={<NavTabs label={t("title")} tabs={tabs} />}>
      {children}
    </Page>
  );
}
