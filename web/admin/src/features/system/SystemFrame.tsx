import type { ReactNode } from "react";
import { NavTabs } from "@/components/NavTabs";
import { Page } from "@/components/Page";
import { useMay } from "@/session/session";
import { useText } from "@/text/useText";
import { texts } from "./texts";

export function SystemFrame({ children }: { children: ReactNode }) {
  const t = useText(texts);
  const audits = useMay("audit:read");
  const tabs = [
    { to: "/sistem", label: t("tab.health") },
    { to: "/sistem/ayarlar", label: t("tab.settings") },
    ...(audits ? [{ to: "/sistem/denetim", label: t("tab.audit") }] : []),
  ];
  return (
    <Page title={t("title")} tabs={<NavTabs label={t("title")} tabs={tabs} />}>
      {children}
    </Page>
  );
}
