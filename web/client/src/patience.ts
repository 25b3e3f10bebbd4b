/** How long to wait before the next try: full jitter, so that a thousand clients do not come back at once. */

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const RESTART_DELAY_MS = 1_500;

/** Milliseconds before try number `attempt` (from 0), after the line was closed with `code`. */
export function delayBefore(attempt: number, code: number, random: () => number): number {
  const restarts = code === 1012 && attempt === 0;
  const ceiling = restarts ? RESTART_DELAY_MS : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(random() * ceiling);
}
