import { useMemo } from "react";
import { usePreferences } from "@/session/preferences";
import { fill, type Locale, type Texts, type Values } from "./locale";

export type Say<K extends string> = (key: K, values?: Values) => string;

/** Return the function that says a text of `texts` in the person's language. */
export function useText<K extends string>(texts: Texts<K>): Say<K> {
  const locale = useLocale();
  return useMemo(() => (key, values) => fill(locale, texts[locale][key], values), [locale, texts]);
}

export function useLocale(): Locale {
  return usePreferences().locale;
}
