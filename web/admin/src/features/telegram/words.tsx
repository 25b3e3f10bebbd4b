import type { TelegramBot } from "@meydan/client";
import { useText } from "@/text/useText";
import { texts } from "./texts";
import styles from "./words.module.css";

export type BotState = "running" | "troubled" | "starting" | "stopped" | "faulty";

const TROUBLE_LASTS_MS = 60_000;

/** What a bot is doing. An error on a bot that is off is the one that Telegram switched it off with. */
export function botState(bot: TelegramBot, now: number): BotState {
  if (!bot.enabled) return bot.last_error ? "faulty" : "stopped";
  if (!bot.running) return "starting";
  const troubled = bot.last_error && bot.last_error_at && now - Date.parse(bot.last_error_at) < TROUBLE_LASTS_MS;
  return troubled ? "troubled" : "running";
}

export function BotStateWord({ bot }: { bot: TelegramBot }) {
  const t = useText(texts);
  const state = botState(bot, Date.now());
  return (
    <span className={styles.state} data-state={state}>
      {t(`bot.${state}`)}
    </span>
  );
}

/** A trial bot is never taken for a real one. */
export function TrialBadge() {
  const t = useText(texts);
  return (
    <abbr className={styles.trial} title={t("trial.title")}>
      {t("trial")}
    </abbr>
  );
}
