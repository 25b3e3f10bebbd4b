import { data } from "@meydan/client";
import { useQuery } from "@tanstack/react-query";
import { Failed, Loading } from "@/components/States";
import { api, useMay } from "@/session/session";
import { useText } from "@/text/useText";
import { SectionForm } from "./SectionForm";
import styles from "./SettingsPage.module.css";
import { SystemFrame } from "./SystemFrame";
import { texts } from "./texts";

export function SettingsPage() {
  const t = useText(texts);
  const manages = useMay("system:manage");
  const sections = useQuery({
    queryKey: ["settings"],
    queryFn: async () => (await data(api.GET("/api/v1/settings"))).sections,
  });
  return (
    <SystemFrame>
      <p className={styles.intro}>{manages ? t("settings.detail") : t("settings.read-only")}</p>
      {sections.isPending && <Loading label={t("settings.loading")} rows={6} />}
      {sections.isError && <Failed error={sections.error} retry={() => void sections.refetch()} />}
      {sections.data?.map((section) => (
        <SectionForm key={section.section} section={section} readOnly={!manages} />
      ))}
    </SystemFrame>
  );
}
