import { PasswordInput, TextInput } from "@mantine/core";
import { useText } from "@/text/useText";
import { texts } from "./texts";

interface Fields {
  username: string;
  password: string;
  name: string;
  [other: string]: unknown;
}

interface Props {
  values: Fields;
  errors: Readonly<Record<string, string>>;
  set: (name: "username" | "password" | "name", value: string) => void;
  making: boolean;
}

/** The fields of an account, to sign in with or to make one. */
export function AccountFields({ values, errors, set, making }: Props) {
  const t = useText(texts);
  return (
    <>
      <TextInput
        name="username"
        label={t("username")}
        description={making ? t("username.hint") : undefined}
        value={values.username}
        error={errors.username}
        onChange={(event) => set("username", event.currentTarget.value.trim())}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        required
        withAsterisk={false}
      />
      {making && (
        <TextInput
          name="name"
          label={t("name")}
          description={t("name.hint")}
          value={values.name}
          error={errors.name}
          onChange={(event) => set("name", event.currentTarget.value)}
          autoComplete="name"
        />
      )}
      <PasswordInput
        name="password"
        label={t("password")}
        value={values.password}
        error={errors.password}
        onChange={(event) => set("password", event.currentTarget.value)}
        autoComplete={making ? "new-password" : "current-password"}
        required
        withAsterisk={false}
      />
    </>
  );
}
