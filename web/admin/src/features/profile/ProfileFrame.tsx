import type { ReactNode } from "react";
import { NavTabs } from "@/components/NavTabs";
import { Page } from "@/components/Page";
import { useText } from "@/text/useText";
import { texts } from "./texts";

export function ProfileFrame({ children }: { children: ReactNode }) {
  const t = useText(texts);
  const tabs = [
    { to: "/ben", label: t("tab.profile") },
    { to: "/ben/oturumlar", label: t("tab.sessions") },
    { to: "/ben/anahtarlar", label: t("tab.keys") },
  ];
  return (
    <Page title={t("title")} tabs={<NavTabs label={t("title")} tabs={tabs} />}>
      {children}
    </Page>
  );
}
