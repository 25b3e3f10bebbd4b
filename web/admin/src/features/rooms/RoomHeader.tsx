import { ActionIcon, Tooltip } from "@mantine/core";
import type { Room } from "@meydan/client";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, Hash, Lock, Search, Settings2, UsersRound } from "lucide-react";
import { useStore } from "@/session/store";
import { useText } from "@/text/useText";
import styles from "./RoomHeader.module.css";
import type { Panel } from "./RoomView";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

interface Props {
  id: string;
  room: Room | undefined;
  panel: Panel;
  onPanel: (panel: "members" | "search") => void;
  onSettings: (() => void) | null;
}

export function RoomHeader({ id, room, panel, onPanel, onSettings }: Props) {
  const t = useText(texts);
  const presence = useStore(useRoomsStore().entry(id).presence);
  const count = presence?.count ?? room?.katilimci_sayisi ?? 0;
  const Icon = room?.tur === "ozel" ? Lock : Hash;
  return (
    <header className={styles.header}>
      <Link to="/odalar" className={styles.back} aria-label={t("back")}>
        <ArrowLeft size={21} />
      </Link>
      <div className={styles.text}>
        <h2>
          <Icon size={18} aria-hidden="true" />
          <span>{room?.baslik ?? id}</span>
        </h2>
        <p className="numbers">
          <span>{count > 0 ? t("people", { n: count }) : t("people.none")}</span>
          {room?.konu && <span className={styles.topic}>{room.konu}</span>}
        </p>
      </div>
      <div className={styles.tools}>
        <Tool label={t("search")} pressed={panel === "search"} onClick={() => onPanel("search")}>
          <Search size={19} />
        </Tool>
        <Tool label={t("members")} pressed={panel === "members"} onClick={() => onPanel("members")}>
          <UsersRound size={19} />
        </Tool>
        {onSettings && (
          <Tool label={t("settings")} onClick={onSettings}>
            <Settings2 size={19} />
          </Tool>
        )}
      </div>
    </header>
  );
}

function Tool({
  label,
  pressed,
  onClick,
  children,
}: {
  label: string;
  pressed?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={pressed ? "light" : "subtle"}
        color={pressed ? "turkuaz" : "gray"}
        c={pressed ? undefined : "var(--ink-soft)"}
        size={38}
        aria-label={label}
        aria-pressed={pressed}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
