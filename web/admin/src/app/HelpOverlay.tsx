import { Kbd, Modal } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useStore } from "@/session/store";
import { useText } from "@/text/useText";
import styles from "./HelpOverlay.module.css";
import { helpOpen, openHelp } from "./help";
import { texts } from "./texts";

/** The page's own keys, and the list of all of them. */
export function HelpOverlay() {
  const t = useText(texts);
  const opened = useStore(helpOpen);
  const navigate = useNavigate();
  useHotkeys([
    ["shift+?", openHelp, { usePhysicalKeys: false }],
    ["?", openHelp],
    ["alt+1", () => void navigate({ to: "/" })],
    ["alt+2", () => void navigate({ to: "/odalar" })],
    [
      "/",
      () => {
        const fields = [...document.querySelectorAll<HTMLElement>("[data-search]")];
        fields.find((field) => field.offsetParent !== null)?.focus();
      },
    ],
    ["j", () => step(1)],
    ["k", () => step(-1)],
  ]);
  const keys: readonly (readonly [readonly string[], string])[] = [
    [["/"], t("keys.search")],
    [["j", "k"], t("keys.next")],
    [["Enter"], t("keys.open")],
    [["Alt", "1"], t("keys.go-square")],
    [["Alt", "2"], t("keys.go-rooms")],
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

/** Move the focus over the rows of the list one is in: the talk's when one is in the talk, else the page's. */
function step(by: 1 | -1): void {
  const talk = document.activeElement?.closest("[role=log]");
  const rows = [...(talk ?? document).querySelectorAll<HTMLElement>("[data-row]")].filter(
    (row) => row.offsetParent !== null && (talk || !row.closest("[role=log]")),
  );
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const first = talk || by === -1 ? rows.length - 1 : 0;
  const next = at === -1 ? first : Math.min(rows.length - 1, Math.max(0, at + by));
  rows[next]?.focus();
}
