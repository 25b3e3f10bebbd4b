import { Button, Checkbox, Group, PasswordInput, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useFields } from "@/components/form";
import { Card } from "@/components/Page";
import { Rules } from "@/components/Rules";
import { FormProblem } from "@/components/States";
import { toast } from "@/components/toasts";
import { useUnsaved } from "@/components/unsaved";
import { prefer, type ThemeChoice, usePreferences } from "@/session/preferences";
import { queries } from "@/session/queries";
import { api, setMe, useMe } from "@/session/session";
import type { Locale } from "@/text/locale";
import { useText } from "@/text/useText";
import { ProfileFrame } from "./ProfileFrame";
import { texts } from "./texts";

export function ProfilePage() {
  const t = useText(texts);
  return (
    <ProfileFrame>
      <NameCard />
      <Card title={t("look")}>
        <Look />
      </Card>
      <PasswordCard />
    </ProfileFrame>
  );
}

function NameCard() {
  const t = useText(texts);
  const { user } = useMe();
  const [problem, setProblem] = useState<unknown>(null);
  const form = useFields({ name: user.name }, bodies["PATCH /api/v1/auth/me"]);
  useUnsaved(form.values.name !== user.name);
  const save = useMutation({
    mutationFn: () => data(api.PATCH("/api/v1/auth/me", { body: { name: form.values.name.trim() } })),
    onSuccess: (me) => {
      setMe(me);
      toast(t("saved"));
    },
    onError: (error) => setProblem(form.refused(error)),
  });
  return (
    <Card title={t("name")} detail={t("name.detail", { id: user.id })}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setProblem(null);
          if (form.check()) save.mutate();
        }}
      >
        <Group align="flex-start">
          <TextInput
            name="name"
            aria-label={t("name")}
            value={form.values.name}
            error={form.errors.name}
            onChange={(event) => form.set("name", event.currentTarget.value)}
            style={{ flex: "1 1 220px" }}
          />
          <Button
            type="submit"
            loading={save.isPending}
            disabled={form.values.name.trim() === "" || form.values.name === user.name}
          >
            {t("save")}
          </Button>
        </Group>
        <FormProblem error={problem} />
      </form>
    </Card>
  );
}

function Look() {
  const t = useText(texts);
  const { theme, locale } = usePreferences();
  const keep = useMutation({
    mutationFn: (next: Locale) => data(api.PATCH("/api/v1/auth/me", { body: { locale: next } })),
  });
  return (
    <Group gap="xl">
      <Stack gap={6}>
        <Text size="sm" fw={550} id="theme-label">
          {t("theme")}
        </Text>
        <SegmentedControl
          aria-labelledby="theme-label"
          value={theme}
          onChange={(value) => prefer({ theme: value as ThemeChoice })}
          data={(["light", "dark", "auto"] as const).map((value) => ({ value, label: t(`theme.${value}`) }))}
        />
      </Stack>
      <Stack gap={6}>
        <Text size="sm" fw={550} id="language-label">
          {t("language")}
        </Text>
        <SegmentedControl
          aria-labelledby="language-label"
          value={locale}
          onChange={(value) => {
            prefer({ locale: value as Locale });
            keep.mutate(value as Locale);
          }}
          data={[
            { value: "tr", label: "Türkçe" },
            { value: "en", label: "English" },
          ]}
        />
      </Stack>
    </Group>
  );
}

const BLANK = { current: "", new: "", revoke_keys: false };

function PasswordCard() {
  const t = useText(texts);
  const { user } = useMe();
  const [problem, setProblem] = useState<unknown>(null);
  const form = useFields(BLANK, bodies["POST /api/v1/auth/password"]);
  const change = useMutation({
    mutationFn: () => api.POST("/api/v1/auth/password", { body: form.values }),
    onSuccess: () => {
      form.reset();
      toast(t("password.changed"));
      void queries.invalidateQueries({ queryKey: ["keys"] });
    },
    onError: (error) => setProblem(form.refused(error)),
  });
  return (
    <Card title={t("password")} detail={t("password.detail")}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setProblem(null);
          if (form.check()) change.mutate();
        }}
      >
        <Stack gap="sm" maw={360}>
          <PasswordInput
            name="current"
            label={t("password.current")}
            autoComplete="current-password"
            value={form.values.current}
            error={form.errors.current}
            onChange={(event) => form.set("current", event.currentTarget.value)}
          />
          <PasswordInput
            name="new"
            label={t("password.new")}
            autoComplete="new-password"
            value={form.values.new}
            error={form.errors.new}
            onChange={(event) => form.set("new", event.currentTarget.value)}
            aria-describedby="new-password-rules"
          />
          <Rules
            id="new-password-rules"
            schema={bodies["POST /api/v1/auth/password"]}
            field="new"
            value={form.values.new}
            username={user.id}
          />
          <Checkbox
            name="revoke_keys"
            label={t("password.keys")}
            checked={form.values.revoke_keys}
            onChange={(event) => form.set("revoke_keys", event.currentTarget.checked)}
          />
          <FormProblem error={problem} />
          <Group>
            <Button type="submit" variant="default" loading={change.isPending}>
              {t("password.change")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
