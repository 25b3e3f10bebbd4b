import { Kbd, Modal } from "@mantine/core";
import { type HotkeyItem, useHotkeys } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useSession } from "@/session/session";
import { useStore } from "@/session/store";
import { useText } from "@/text/useText";
import styles from "./HelpOverlay.module.css";
import { helpOpen, openHelp } from "./help";
import { keepKeys } from "./keys";
import { places } from "./places";
import { texts } from "./texts";

/** The page's own keys, and the list of all of them. */
export function HelpOverlay() {
  const t = useText(texts);
  const opened = useStore(helpOpen);
  const navigate = useNavigate();
  const session = useSession();
  const reachable = places.filter(
    ({ needs }) => !needs || (session.status === "in" && session.permissions.includes(needs)),
  );
  useHotkeys([
    ["shift+?", openHelp, { usePhysicalKeys: false }],
    ["?", openHelp],
    ...reachable.map((place, index): HotkeyItem => [`alt+${index + 1}`, () => void navigate({ to: place.to })]),
    ["/", () => act("/")],
    ["j", () => act("j")],
    ["k", () => act("k")],
  ]);
  useEffect(() => keepKeys(document, act), []);
  const keys: readonly (readonly [readonly string[], string])[] = [
    [["/"], t("keys.search")],
    [["j", "k"], t("keys.next")],
    [["Enter"], t("keys.open")],
    [["Alt", `1–${reachable.length}`], t("keys.go")],
    [["Enter"], t("keys.send")],
    [["Shift", "Enter"], t("keys.newline")],
    [["↑"], t("keys.edit")],
    [["@"], t("keys.mention")],
    [["Esc"], t("keys.cancel")],
    [["?"], t("keys.help")],
  ];
  return (
    <Modal opened={opened} onClose={() => helpOpen.set(false)} title={t("keys.title")}>
      <dl className={styles.keys}>
        {keys.map(([combination, meaning]) => (
          <div key={meaning}>
            <dt>
              {combination.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}

function act(key: string): void {
  if (key === "/") inFront("[data-search]").at(-1)?.focus();
  else if (key === "?") openHelp();
  else step(key === "j" ? 1 : -1);
}

/** What can be seen and reached: what a dialog covers cannot. */
function inFront(selector: string): HTMLElement[] {
  const dialog = [...document.querySelectorAll("[role=dialog]")].at(-1);
  const found = (dialog ?? document).querySelectorAll<HTMLElement>(selector);
  return [...found].filter((element) => element.offsetParent !== null);
}

/** Move the focus over the rows of the list one is in: the talk's when one is in the talk, else the page's. */
function step(by: 1 | -1): void {
  const talk = document.activeElement?.closest("[role=log]") ?? null;
  const rows = inFront("[data-row]").filter((row) => row.closest("[role=log]") === talk);
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const first = talk || by === -1 ? rows.length - 1 : 0;
  const next = at === -1 ? first : Math.min(rows.length - 1, Math.max(0, at + by));
  rows[next]?.focus();
}
