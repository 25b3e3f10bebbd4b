import { ActionIcon, Button, Group, NumberInput, Select, Switch, TagsInput, TextInput, Tooltip } from "@mantine/core";
import { data, type SettingsSection } from "@meydan/client";
import { useMutation } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useFields } from "@/components/form";
import { Card } from "@/components/Page";
import { FormProblem } from "@/components/States";
import { toast } from "@/components/toasts";
import { useUnsaved } from "@/components/unsaved";
import { queries } from "@/session/queries";
import { api } from "@/session/session";
import { number } from "@/text/format";
import type { Locale } from "@/text/locale";
import { useLocale, useText } from "@/text/useText";
import styles from "./SettingsPage.module.css";
import { texts } from "./texts";

interface Property {
  readonly title?: string;
  readonly titles?: Readonly<Partial<Record<Locale, string>>>;
  readonly description?: string;
  readonly type?: string;
  readonly anyOf?: readonly Property[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

const NAMED = ["chat", "accounts", "telegram", "network"] as const;

/** A form for any section of live settings, made from its JSON schema and checked by it. */
export function SectionForm({
  section,
  readOnly,
  shows = () => true,
  title,
}: {
  section: SettingsSection;
  readOnly: boolean;
  /** Which of the section's settings stand in this form. */
  shows?: (name: string) => boolean;
  title?: string;
}) {
  const t = useText(texts);
  const locale = useLocale();
  const [problem, setProblem] = useState<unknown>(null);
  const properties = Object.entries((section.schema.properties ?? {}) as Record<string, Property>);
  const required = properties.filter(([, property]) => !nullable(property)).map(([name]) => name);
  const form = useFields<Record<string, unknown>>(section.values, { ...section.schema, required });
  const changes = Object.fromEntries(
    Object.entries(form.values).filter(([name, value]) => !same(value, section.values[name])),
  );
  const count = Object.keys(changes).length;
  useUnsaved(count > 0);
  const save = useMutation({
    mutationFn: () =>
      data(api.PATCH("/api/v1/settings/{section}", { params: { path: { section: section.section } }, body: changes })),
    onSuccess: (saved) => {
      queries.setQueryData<readonly SettingsSection[]>(["settings"], (known) =>
        known?.map((item) => (item.section === saved.section ? saved : item)),
      );
      form.reset();
      toast(t("settings.saved"));
    },
    onError: (error) => setProblem(form.refused(error)),
  });
  const known = NAMED.find((name) => name === section.section);
  const shown = (value: unknown): string => {
    if (value === null || value === undefined) return t("choice.server");
    if (typeof value === "boolean") return t(value ? "choice.on" : "choice.off");
    if (typeof value === "number") return number(locale, value, 3);
    return Array.isArray(value) ? value.join(", ") : String(value);
  };
  return (
    <Card title={title ?? (known ? t(`section.${known}`) : section.section)}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setProblem(null);
          if (form.check()) save.mutate();
        }}
      >
        <div className={styles.fields}>
          {properties
            .filter(([name]) => shows(name))
            .map(([name, property]) => {
              const label = property.titles?.[locale] ?? property.title ?? name;
              const normal = section.defaults[name];
              const value = form.values[name];
              return (
                <div key={name} className={styles.field} data-changed={name in changes || undefined}>
                  <label htmlFor={`${section.section}-${name}`}>
                    <span>{label}</span>
                    <small className="numbers">{t("settings.default", { value: shown(normal) })}</small>
                  </label>
                  <div className={styles.control}>
                    <Field
                      id={`${section.section}-${name}`}
                      name={name}
                      property={property}
                      value={value}
                      error={form.errors[name]}
                      disabled={readOnly}
                      locale={locale}
                      onChange={(next) => form.set(name, next)}
                    />
                    <Tooltip label={t("settings.reset")}>
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        aria-label={`${t("settings.reset")}: ${label}`}
                        style={{ visibility: same(value, normal) || readOnly ? "hidden" : "visible" }}
                        onClick={() => form.set(name, normal)}
                      >
                        <RotateCcw size={16} />
                      </ActionIcon>
                    </Tooltip>
                  </div>
                </div>
              );
            })}
        </div>
        <FormProblem error={problem} />
        {count > 0 && (
          <div className={styles.foot}>
            <span className="numbers">{t("settings.changed", { n: count })}</span>
            <Group gap="xs">
              <Button variant="default" onClick={() => form.reset()}>
                {t("settings.discard")}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {t("settings.save")}
              </Button>
            </Group>
          </div>
        )}
      </form>
    </Card>
  );
}

interface FieldProps {
  id: string;
  name: string;
  property: Property;
  value: unknown;
  error: string | undefined;
  disabled: boolean;
  locale: Locale;
  onChange: (value: unknown) => void;
}

function Field({ property: given, value, onChange, locale, ...rest }: FieldProps): ReactNode {
  const t = useText(texts);
  const property = given.anyOf?.find((option) => option.type !== "null") ?? given;
  if (nullable(given) && property.type === "boolean") {
    const options = [
      { value: "null", label: t("choice.server") },
      { value: "true", label: t("choice.on") },
      { value: "false", label: t("choice.off") },
    ];
    return (
      <Select
        {...rest}
        data={options}
        value={String(value ?? null)}
        allowDeselect={false}
        onChange={(next) => onChange(JSON.parse(next ?? "null"))}
      />
    );
  }
  if (property.enum) {
    return (
      <Select
        {...rest}
        data={[...property.enum]}
        value={String(value)}
        allowDeselect={false}
        onChange={(next) => onChange(next)}
      />
    );
  }
  switch (property.type) {
    case "boolean":
      return <Switch {...rest} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case "integer":
    case "number":
      return (
        <NumberInput
          {...rest}
          value={typeof value === "number" || typeof value === "string" ? value : ""}
          allowDecimal={property.type === "number"}
          decimalSeparator={locale === "tr" ? "," : "."}
          thousandSeparator={locale === "tr" ? "." : ","}
          {...(property.minimum === undefined ? {} : { min: property.minimum })}
          {...(property.maximum === undefined ? {} : { max: property.maximum })}
          clampBehavior="none"
          onChange={(next) => onChange(next === "" ? null : next)} // a number that is half typed is a text still
        />
      );
    case "array":
      return <TagsInput {...rest} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} />;
    default:
      return (
        <TextInput {...rest} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)} />
      );
  }
}

function nullable(property: Property): boolean {
  return property.anyOf?.some((option) => option.type === "null") ?? false;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
