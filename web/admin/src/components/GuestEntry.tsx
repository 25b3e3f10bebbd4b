import { Button, TextInput } from "@mantine/core";
import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, enterGuest } from "@/session/session";
import { defineTexts } from "@/text/locale";
import { useText } from "@/text/useText";
import { useFields } from "./form";
import styles from "./GuestEntry.module.css";
import { FormProblem } from "./States";

const texts = defineTexts({
  tr: { name: "Takma ad", enter: "Meydana gir" },
  en: { name: "Nickname", enter: "Enter the square" },
});

const schema = bodies["POST /api/v1/auth/guest"];

/** A name is all a guest needs, and any will do. */
export function GuestEntry({ inline = false }: { inline?: boolean }) {
  const t = useText(texts);
  const form = useFields({ name: "" }, schema);
  const [problem, setProblem] = useState<unknown>(null);
  const enter = useMutation({
    mutationFn: () => data(api.POST("/api/v1/auth/guest", { body: { name: form.values.name.trim() } })),
    onSuccess: (tokens) => enterGuest(tokens),
    onError: (error) => setProblem(form.refused(error)),
  });
  return (
    <form
      noValidate
      className={styles.form}
      data-inline={inline || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        setProblem(null);
        if (form.check()) enter.mutate();
      }}
    >
      <TextInput
        name="name"
        aria-label={t("name")}
        placeholder={t("name")}
        value={form.values.name}
        error={form.errors.name}
        maxLength={schema.properties.name.maxLength}
        autoComplete="nickname"
        onChange={(event) => form.set("name", event.currentTarget.value)}
      />
      <Button type="submit" loading={enter.isPending} fullWidth={!inline}>
        {t("enter")}
      </Button>
      <FormProblem error={problem} />
    </form>
  );
}
