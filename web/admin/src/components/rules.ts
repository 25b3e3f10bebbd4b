/** The rules of a new name and password, read from the schema that the API publishes: forms say them beforehand. */

import { fold } from "@/text/turkish";

interface Property {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly "x-not"?: readonly string[];
  /** What names kept for the square look like, and how those begin that are given to guests. */
  readonly "x-reserved"?: readonly string[];
  readonly "x-reserved-prefix"?: string;
}

export type RuleKind = "length" | "characters" | "start" | "reserved" | "not-username" | "not-common";

/** `met` is null where only the server can tell. */
export interface Rule {
  readonly kind: RuleKind;
  readonly met: boolean | null;
  readonly values: Readonly<Record<string, number>>;
}

export function rulesOf(schema: unknown, field: string, value: string, username = ""): Rule[] {
  const property = (schema as { properties?: Record<string, Property> }).properties?.[field] ?? {};
  const rules: Rule[] = [];
  const add = (kind: RuleKind, met: boolean | null, values: Rule["values"] = {}) => rules.push({ kind, met, values });
  const { minLength: least, maxLength: most, pattern } = property;
  const length = [...value].length;
  if (least !== undefined && most !== undefined) add("length", length >= least && length <= most, { least, most });
  if (pattern !== undefined) {
    const fits = new RegExp(pattern);
    const filler = "a".repeat(least ?? 1);
    add("characters", value !== "" && [...value].every((char) => fits.test(filler + char)));
    add("start", value !== "" && fits.test(value.slice(0, 1) + filler));
  }
  const { "x-reserved": kept, "x-reserved-prefix": prefix } = property;
  if (kept !== undefined) {
    const free = !kept.includes(skeleton(value)) && (prefix === undefined || !value.startsWith(prefix));
    add("reserved", value !== "" && free);
  }
  for (const not of property["x-not"] ?? []) {
    if (not === "username") add("not-username", value !== "" && fold(value) !== fold(username));
    if (not === "common") add("not-common", null);
  }
  return rules;
}

const SHAPES: Readonly<Record<string, string>> = { 0: "o", 1: "i", l: "i", 3: "e", 4: "a", 5: "s" };

/** What a username looks like, as the server sees it: one letter for all that an eye takes for it. */
function skeleton(username: string): string {
  return fold(username)
    .replace(/[01l345]/g, (sign) => SHAPES[sign] ?? sign)
    .replace(/[^a-z0-9]/g, "")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w");
}

/** The nearest name that fits, or nothing when what was typed fits or nothing near it does. */
export function suggested(schema: unknown, field: string, value: string): string {
  const property = (schema as { properties?: Record<string, Property> }).properties?.[field] ?? {};
  if (!property.pattern || !value) return "";
  const fits = new RegExp(property.pattern);
  if (fits.test(value)) return "";
  const near = fold(value.trim())
    .replace(/[^a-z0-9_.-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, property.maxLength)
    .replace(/[^a-z0-9]+$/, "");
  return fits.test(near) ? near : "";
}
