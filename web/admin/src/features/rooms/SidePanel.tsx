import { ActionIcon } from "@mantine/core";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./Panel.module.css";

interface Props {
  title: string;
  close: string;
  onClose: () => void;
  tools: ReactNode;
  children: ReactNode;
}

/** What stands beside the talk: a title, its tools, and a list that scrolls. */
export function SidePanel({ title, close, onClose, tools, children }: Props) {
  return (
    <aside className={styles.panel} aria-label={title}>
      <header className={styles.header}>
        <h2>{title}</h2>
        <ActionIcon variant="subtle" color="gray" aria-label={close} onClick={onClose}>
          <X size={19} />
        </ActionIcon>
      </header>
      {tools && <div className={styles.tools}>{tools}</div>}
      <div className={styles.scroll}>{children}</div>
    </aside>
  );
}
