import { Button, Stack } from "@mantine/core";
import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { useFields } from "@/components/form";
import { GlassSheet } from "@/components/Glass";
import { FormProblem } from "@/components/States";
import { api, enter, useSession } from "@/session/session";
import { useText } from "@/text/useText";
import { AccountFields } from "./AccountFields";
import { texts } from "./texts";

export function SignInPage() {
  const t = useText(texts);
  const router = useRouter();
  const session = useSession();
  const { sonra } = useSearch({ from: "/giris" });
  const form = useFields({ username: "", password: "", name: "" }, bodies["POST /api/v1/auth/login"]);
  const next = sonra ?? "/odalar";
  const signIn = useMutation({
    mutationFn: async () => {
      const { username, password } = form.values;
      await enter(await data(api.POST("/api/v1/auth/login", { body: { username, password, session: "cookie" } })));
    },
    onSuccess: () => router.history.push(next),
  });
  const already = session.status === "in" && !session.guest && signIn.isIdle;
  useEffect(() => {
    if (already) router.history.replace(next);
  }, [already, next, router]);
  return (
    <GlassSheet
      title={t("sign-in.title")}
      detail={t("sign-in.detail")}
      foot={
        <>
          {t("no-account")}{" "}
          <Link to="/kayit" search={sonra ? { sonra } : {}}>
            {t("register")}
          </Link>
        </>
      }
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (form.check()) signIn.mutate();
        }}
      >
        <Stack gap="sm">
          <AccountFields {...form} making={false} />
          <FormProblem error={signIn.error} />
          <Button type="submit" loading={signIn.isPending} fullWidth mt={4}>
            {t("sign-in")}
          </Button>
        </Stack>
      </form>
    </GlassSheet>
  );
}
