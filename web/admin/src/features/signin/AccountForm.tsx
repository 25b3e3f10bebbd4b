import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
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
  const form = useFields({ ...known, username: "", password: "", name: "" }, schema);
  const [problem, setProblem] = useState<unknown>(null);
  const send = useMutation({
    mutationFn: async () => {
      const { username, password, name } = form.values;
      await enter(await ask({ username, password, ...(name ? { name } : {}) }));
    },
    onSuccess: onEntered,
    onError: (error) => setProblem(form.refused(error)),
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
        <FormProblem error={problem} />
        <Button type="submit" loading={send.isPending} fullWidth mt={4}>
          {action}
        </Button>
      </Stack>
    </form>
  );
}
