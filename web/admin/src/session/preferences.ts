/** What a person prefers in this browser: language and theme. */

import { LOCALES, type Locale } from "@/text/locale";
import { kept } from "./kept";
import { createStore, useStore } from "./store";

export type ThemeChoice = "light" | "dark" | "auto";

export interface Preferences {
  readonly locale: Locale;
  readonly theme: ThemeChoice;
}

const KEY = "meydan.preferences";

export const preferences = createStore<Preferences>(load());

export function usePreferences(): Preferences {
  return useStore(preferences);
}

export function prefer(change: Partial<Preferences>): void {
  const next = { ...preferences.get(), ...change };
  preferences.set(next);
  kept.here.set(KEY, JSON.stringify(next));
}

function load(): Preferences {
  let chosen: Partial<Preferences> = {};
  try {
    chosen = JSON.parse(kept.here.get(KEY) ?? "{}") as Partial<Preferences>;
  } catch {
    // Treated as never chosen.
  }
  const spoken = navigator.languages.map((language) => language.slice(0, 2));
  const first = spoken.find((language): language is Locale => LOCALES.some((known) => known === language));
  return { locale: chosen.locale ?? first ?? "tr", theme: chosen.theme ?? "auto" };
}
