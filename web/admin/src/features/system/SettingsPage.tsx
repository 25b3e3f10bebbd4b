import { data } from "@meydan/client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { Failed, Loading } from "@/components/States";
import { api, useMay } from "@/session/session";
import { useText } from "@/text/useText";
import { SectionForm } from "./SectionForm";
import styles from "./SettingsPage.module.css";
import { SystemFrame } from "./SystemFrame";
import { texts } from "./texts";

/** What somebody who cares for the community looks for; the rest is for who cares for the machine. */
const COMMUNITY = [
  { of: "accounts", title: "settings.entry", names: new Set<string>(["registration_open", "guests"]) },
  {
    of: "chat",
    title: "settings.rooms",
    names: new Set<string>(["members_create_rooms", "rooms_per_member", "max_length", "invitation_hours"]),
  },
] as const satisfies readonly { of: string; title: string; names: ReadonlySet<string> }[];

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
      {COMMUNITY.map(({ of, title, names }) => {
        const section = sections.data?.find((known) => known.section === of);
        return (
          section && (
            <SectionForm
              key={of}
              section={section}
              readOnly={!manages}
              title={t(title)}
              shows={(name) => names.has(name)}
            />
          )
        );
      })}
      {sections.data && (
        <details className={styles.advanced}>
          <summary>
            <ChevronRight size={16} aria-hidden="true" />
            <strong>{t("settings.advanced")}</strong>
            <span>{t("settings.advanced.detail")}</span>
          </summary>
          {sections.data.map((section) => (
            <SectionForm
              key={section.section}
              section={section}
              readOnly={!manages}
              shows={(name) => !COMMUNITY.some(({ of, names }) => of === section.section && names.has(name))}
            />
          ))}
        </details>
      )}
    </SystemFrame>
  );
}
