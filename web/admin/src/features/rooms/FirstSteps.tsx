import { Button } from "@mantine/core";
import type { Room } from "@meydan/client";
import { Hash, Settings2, UserPlus } from "lucide-react";
import type { ReactNode } from "react";
import { LinkButton } from "@/components/LinkButton";
import { Mark } from "@/components/Mark";
import { useMay } from "@/session/session";
import { useText } from "@/text/useText";
import styles from "./FirstSteps.module.css";
import { texts } from "./texts";

/** Whether nobody has said anything anywhere yet. */
export function isFresh(rooms: readonly Room[] | undefined): boolean {
  return rooms?.every((room) => room.son_aktivite === null) ?? false;
}

/** What whoever has just opened a square does next. */
export function FirstSteps({ room, onCreate }: { room: Room | undefined; onCreate: () => void }) {
  const t = useText(texts);
  const people = useMay("users:manage");
  const settings = useMay("system:manage");
  return (
    <section className={styles.steps} aria-labelledby="first-steps">
      <Mark size={44} />
      <h2 id="first-steps">{t("first")}</h2>
      <p>{t("first.detail")}</p>
      <ol>
        {room && (
          <Step icon={<Hash size={19} />} title={t("first.say")} detail={t("first.say.detail", { room: room.baslik })}>
            <LinkButton to="/oda/$odaId" params={{ odaId: room.oda_id }} size="sm">
              {t("first.say.act")}
            </LinkButton>
          </Step>
        )}
        {settings && (
          <Step icon={<Settings2 size={19} />} title={t("first.doors")} detail={t("first.doors.detail")}>
            <LinkButton to="/sistem/ayarlar" size="sm" variant="default">
              {t("first.doors.act")}
            </LinkButton>
          </Step>
        )}
        {people && (
          <Step icon={<UserPlus size={19} />} title={t("first.people")} detail={t("first.people.detail")}>
            <LinkButton to="/kisiler" size="sm" variant="default">
              {t("first.people.act")}
            </LinkButton>
          </Step>
        )}
        <Step icon={<Hash size={19} />} title={t("first.room")} detail={t("first.room.detail")}>
          <Button size="sm" variant="default" onClick={onCreate}>
            {t("rooms.new")}
          </Button>
        </Step>
      </ol>
    </section>
  );
}

interface StepProps {
  icon: ReactNode;
  title: string;
  detail: string;
  children: ReactNode;
}

function Step({ icon, title, detail, children }: StepProps) {
  return (
    <li>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <span>
        <strong>{title}</strong>
        <small>{detail}</small>
      </span>
      {children}
    </li>
  );
}
