import { Button, Stack } from "@mantine/core";
import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useFields } from "@/components/form";
import { GlassSheet } from "@/components/Glass";
import { LinkButton } from "@/components/LinkButton";
import { FormProblem } from "@/components/States";
import { abilitiesQuery } from "@/session/abilities";
import { api, enter } from "@/session/session";
import { useText } from "@/text/useText";
import { AccountFields } from "./AccountFields";
import { texts } from "./texts";

export function RegisterPage() {
  const t = useText(texts);
  const router = useRouter();
  const { sonra } = useSearch({ from: "/kayit" });
  const abilities = useQuery(abilitiesQuery);
  const form = useFields({ username: "", password: "", name: "" }, bodies["POST /api/v1/auth/register"]);
  const [problem, setProblem] = useState<unknown>(null);
  const register = useMutation({
    mutationFn: async () => {
      const { username, password, name } = form.values;
      const body = { username, password, session: "cookie" as const, ...(name ? { name } : {}) };
      await enter(await data(api.POST("/api/v1/auth/register", { body })));
    },
    onSuccess: () => router.history.push(sonra ?? "/odalar"),
    onError: (error) => setProblem(form.refused(error)),
  });
  if (abilities.data && !abilities.data.kayit_acik) {
    return (
      <GlassSheet title={t("closed")} detail={t("closed.detail")}>
        <LinkButton to="/" fullWidth>
          {t("to-square")}
        </LinkButton>
      </GlassSheet>
    );
  }
  return (
    <GlassSheet
      title={t("register.title")}
      detail={t("register.detail")}
      foot={
        <>
          {t("have-account")}{" "}
          <Link to="/giris" search={sonra ? { sonra } : {}}>
            {t("sign-in")}
          </Link>
        </>
      }
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setProblem(null);
          if (form.check()) register.mutate();
        }}
      >
        <Stack gap="sm">
          <AccountFields {...form} making />
          <FormProblem error={problem} />
          <Button type="submit" loading={register.isPending} fullWidth mt={4}>
            {t("register")}
          </Button>
        </Stack>
      </form>
    </GlassSheet>
  );
}
