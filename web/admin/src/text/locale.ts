/** The person's language: kept in the browser, Turkish unless they chose otherwise. */

export const LOCALES = ["tr", "en"] as const;
export type Locale = (typeof LOCALES)[number];

/** A text in both languages; a text that counts has one form for 1 and one for the rest. */
export type Phrase = string | { readonly one: string; readonly other: string };
export type Texts<K extends string> = { readonly [L in Locale]: { readonly [P in K]: Phrase } };
export type Values = Readonly<Record<string, string | number>>;

/** Declare a catalogue; the types make sure that English says everything Turkish says and nothing else. */
export function defineTexts<const T extends Readonly<Record<string, Phrase>>>(texts: {
  tr: T;
  en: { readonly [P in keyof T]: Phrase };
}): Texts<Extract<keyof T, string>> {
  return texts as Texts<Extract<keyof T, string>>;
}

export function fill(locale: Locale, phrase: Phrase, values: Values = {}): string {
  const form = typeof phrase === "string" ? phrase : phrase[values.n === 1 ? "one" : "other"];
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(tag(locale)).format(value) : value;
  });
}

export function tag(locale: Locale): string {
  return locale === "tr" ? "tr-TR" : "en-GB";
}
