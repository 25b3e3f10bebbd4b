/** Times, numbers and sizes as people here write them. The square's clock is Istanbul's. */

import { type Locale, tag } from "./locale";

const ZONE = "Europe/Istanbul";
const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: Locale, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}.${name}`;
  let found = cache.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(tag(locale), { timeZone: ZONE, ...options });
    cache.set(key, found);
  }
  return found;
}

type Moment = string | number | Date;

/** `18:04` */
export function time(locale: Locale, at: Moment): string {
  return formatter(locale, "time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

/** `20 Kas 2026` */
export function date(locale: Locale, at: Moment): string {
  return formatter(locale, "date", { day: "numeric", month: "short", year: "numeric" }).format(new Date(at));
}

/** `20 Kas 2026 18:04` */
export function dateTime(locale: Locale, at: Moment): string {
  return `${date(locale, at)} ${time(locale, at)}`;
}

/** The day in Istanbul, as a key that sorts: `2026-11-20`. */
export function dayKey(at: Moment): string {
  const hour = Math.floor(new Date(at).getTime() / 3_600_000);
  let key = hours.get(hour);
  if (key === undefined) {
    if (hours.size > 1_000) hours.clear();
    key = dayOf(at);
    hours.set(hour, key);
  }
  return key;
}

/** A day here begins on an hour, so that a talk's thousand messages need the calendar a few times only. */
const hours = new Map<number, string>();

function dayOf(at: Moment): string {
  const parts = formatter("en", "key", { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(
    new Date(at),
  );
  const part = (type: string) => parts.find((item) => item.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** `20 Kasım Cuma`, with the year when it is another one than now's. */
export function dayName(locale: Locale, at: Moment, now: Moment = Date.now()): string {
  const sameYear = dayKey(at).slice(0, 4) === dayKey(now).slice(0, 4);
  return formatter(locale, sameYear ? "day" : "dayYear", {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(new Date(at));
}

/** The time today, the date before. */
export function shortMoment(locale: Locale, at: Moment, now: Moment = Date.now()): string {
  if (dayKey(at) === dayKey(now)) return time(locale, at);
  if (dayKey(at).slice(0, 4) !== dayKey(now).slice(0, 4)) return date(locale, at);
  return formatter(locale, "short", { day: "numeric", month: "short" }).format(new Date(at));
}

export function number(locale: Locale, value: number, digits = 0): string {
  return new Intl.NumberFormat(tag(locale), { maximumFractionDigits: digits }).format(value);
}

/** `1.250,75` thousands become `1,3 B`: short enough for an axis. */
export function compact(locale: Locale, value: number): string {
  return new Intl.NumberFormat(tag(locale), { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

export function bytes(locale: Locale, value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${number(locale, size, size < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

/** `3 g 4 sa`, `4 sa 12 dk`, `12 dk`: the two largest units. */
export function duration(locale: Locale, seconds: number): string {
  const [d, h, m, s] = locale === "tr" ? ["g", "sa", "dk", "sn"] : ["d", "h", "min", "s"];
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days) return `${days} ${d} ${hours} ${h}`;
  if (hours) return `${hours} ${h} ${minutes} ${m}`;
  if (minutes) return `${minutes} ${m}`;
  return `${Math.floor(seconds)} ${s}`;
}
