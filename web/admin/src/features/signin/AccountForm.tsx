import { Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { ApiError } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useFields } from "@/components/form";
import { Rules } from "@/components/Rules";
import { FormProblem } from "@/components/States";
import { enter } from "@/session/session";
import { useText } from "@/text/useText";
import { texts } from "./texts";

interface Account {
  username: string;
  password: string;
  /** In the place of a temporary password. */
  new_password?: string;
  name?: string;
}

interface Props {
  schema: unknown;
  /** What the schema asks for and nobody types. */
  known?: Readonly<Record<string, string>>;
  making: boolean;
  action: string;
  ask: (account: Account) => Promise<Parameters<typeof enter>[0]>;
  onEntered?: () => unknown;
}

/** The form of an account, to sign in with or to make one; who is let in is signed in. */
export function AccountForm({ schema, known = {}, making, action, ask, onEntered }: Props) {
  const t = useText(texts);
  const form = useFields({ ...known, username: "", password: "", name: "", new_password: "" }, schema);
  const [temporary, setTemporary] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const send = useMutation({
    mutationFn: async () => {
      const { username, password, name, new_password } = form.values;
      const chosen = temporary ? { new_password } : {};
      await enter(await ask({ username, password, ...(name ? { name } : {}), ...chosen }));
    },
    onSuccess: onEntered,
    onError: (error) => {
      if (error instanceof ApiError && error.code === "parola_gecici" && !temporary) setTemporary(true);
      else setProblem(form.refused(error));
    },
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setProblem(null);
        if (form.check()) send.mutate();
      }}
    >
      <Stack gap="sm">
        <TextInput
          name="username"
          label={t("username")}
          value={form.values.username}
          error={form.errors.username}
          onChange={(event) => form.set("username", event.currentTarget.value.trim())}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          withAsterisk={false}
          {...(making ? { "aria-describedby": "username-rules" } : {})}
        />
        {making && (
          <Rules
            id="username-rules"
            schema={schema}
            field="username"
            value={form.values.username}
            onOffer={(near) => form.set("username", near)}
          />
        )}
        {making && (
          <TextInput
            name="name"
            label={t("name")}
            description={t("name.hint")}
            value={form.values.name}
            error={form.errors.name}
            onChange={(event) => form.set("name", event.currentTarget.value)}
            autoComplete="name"
          />
        )}
        <PasswordInput
          name="password"
          label={t("password")}
          value={form.values.password}
          error={form.errors.password}
          onChange={(event) => form.set("password", event.currentTarget.value)}
          autoComplete={making ? "new-password" : "current-password"}
          required
          withAsterisk={false}
          {...(making ? { "aria-describedby": "password-rules" } : {})}
        />
        {making && (
          <Rules
            id="password-rules"
            schema={schema}
            field="password"
            value={form.values.password}
            username={form.values.username}
          />
        )}
        {temporary && (
          <>
            <Text size="sm" role="status">
              {t("temporary")}
            </Text>
            <PasswordInput
              name="new_password"
              label={t("temporary.new")}
              value={form.values.new_password}
              error={form.errors.new_password}
              onChange={(event) => form.set("new_password", event.currentTarget.value)}
              autoComplete="new-password"
              autoFocus
              required
              withAsterisk={false}
              aria-describedby="new_password-rules"
            />
            <Rules
              id="new_password-rules"
              schema={bodies["POST /api/v1/auth/register"]}
              field="password"
              value={form.values.new_password}
              username={form.values.username}
            />
          </>
        )}
        <FormProblem error={problem} />
        <Button type="submit" loading={send.isPending} fullWidth mt={4}>
          {action}
        </Button>
      </Stack>
    </form>
  );
}
