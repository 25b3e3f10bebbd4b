import { type Schema, Validator } from "@cfworker/json-schema";
import { ApiError } from "@meydan/client";
import { useState } from "react";
import { useText } from "@/text/useText";
import { texts } from "./texts";

type Errors = Readonly<Record<string, string>>;

/**
 * A form's values, checked by the schema the API publishes; the server's word about a field lands at the field. What
 * nobody has touched follows `initial`: a form that stands open never takes back what somebody else has saved.
 */
export function useFields<T extends Record<string, unknown>>(initial: T, schema: unknown) {
  const t = useText(texts);
  const [edits, setEdits] = useState<Partial<T>>({});
  const values: T = { ...initial, ...edits };
  const [errors, setErrors] = useState<Errors>({});

  function say(keyword: string, limit: unknown): string {
    const shown = { limit: typeof limit === "number" ? limit : String(limit ?? "") };
    if (keyword === "required") return t("field.required");
    if (keyword === "minLength") return limit === 1 ? t("field.required") : t("field.minLength", shown);
    if (keyword === "maxLength") return t("field.maxLength", shown);
    if (keyword === "pattern") return t("field.pattern");
    if (keyword === "minimum" || keyword === "exclusiveMinimum") return t("field.minimum", shown);
    if (keyword === "maximum" || keyword === "exclusiveMaximum") return t("field.maximum", shown);
    return t("field.type");
  }

  return {
    values,
    errors,
    set<K extends keyof T & string>(name: K, value: T[K]) {
      setEdits((before) => ({ ...before, [name]: value }));
      setErrors(({ [name]: _, ...rest }) => rest);
    },
    reset() {
      setEdits({});
      setErrors({});
    },
    /** Check everything; tell whether it may be sent. */
    check(): boolean {
      const found = validate(values, schema, say);
      setErrors(found);
      const first = Object.keys(found)[0];
      if (first) focus(first);
      return first === undefined;
    },
    /** Show the server's complaint at its field; return what belongs to no field. */
    refused(error: unknown): unknown {
      const said = error instanceof ApiError ? saidAtFields(error) : {};
      const known = Object.entries(said).filter(([field]) => field in values);
      const [first] = known;
      if (first === undefined) return error;
      setErrors(Object.fromEntries(known));
      focus(first[0]);
      return null;
    },
  };
}

/** What the server says of each field; `hatalar` has all of it where there is more than one fault. */
export function saidAtFields(error: ApiError): Errors {
  const { alan, hatalar } = error.data;
  const faults = Array.isArray(hatalar) ? (hatalar as { alan?: unknown; neden?: unknown }[]) : [];
  const said: Record<string, string> = {};
  for (const { alan: field, neden } of faults) {
    if (typeof field === "string" && typeof neden === "string") said[lastName(field)] ??= capital(neden);
  }
  if (typeof alan === "string") said[lastName(alan)] ??= saidAt(error);
  return said;
}

function lastName(field: string): string {
  return field.split(".").at(-1) ?? field;
}

/** What stands under a field need not name the field again. */
function saidAt(error: ApiError): string {
  const reason = String(error.data.neden ?? "");
  if (error.code !== "gecersiz_alan" || !reason) return error.detail;
  return capital(reason);
}

function capital(words: string): string {
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

function focus(field: string): void {
  queueMicrotask(() => document.querySelector<HTMLElement>(`[name="${field}"]`)?.focus());
}

function validate(
  values: Record<string, unknown>,
  schema: unknown,
  say: (keyword: string, limit: unknown) => string,
): Errors {
  const present = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null));
  const root = schema as Schema;
  const result = new Validator(root, "2020-12", false).validate(present);
  const errors: Record<string, string> = {};
  for (const unit of result.errors) {
    const missing = unit.keyword === "required" ? /"([^"]+)"/.exec(unit.error)?.[1] : undefined;
    const field = missing ?? unit.instanceLocation.split("/")[1] ?? "";
    if (!field || field in errors || ["properties", "anyOf", "$ref", "allOf"].includes(unit.keyword)) continue;
    errors[field] = say(unit.keyword, limitOf(root, field, unit.keyword));
  }
  return errors;
}

function limitOf(schema: Schema, field: string, keyword: string): unknown {
  const property = schema.properties?.[field] as Schema | undefined;
  const options = [property, ...((property?.anyOf as Schema[] | undefined) ?? [])];
  return options.map((option) => option?.[keyword]).find((limit) => limit !== undefined);
}
