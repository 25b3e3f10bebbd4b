import { Button, Loader, Stack } from "@mantine/core";
import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useFields } from "@/components/form";
import { GlassSheet } from "@/components/Glass";
import { LinkButton } from "@/components/LinkButton";
import { Failed, FormProblem } from "@/components/States";
import { api, enter } from "@/session/session";
import { useText } from "@/text/useText";
import { AccountFields } from "./AccountFields";
import { texts } from "./texts";

/** The owner's one-time link: the token stays behind the `#`, so that no log on the way sees it. */
export function ClaimPage() {
  const t = useText(texts);
  const navigate = useNavigate();
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get("anahtar") ?? "");
  const check = useQuery({
    queryKey: ["owner", token],
    queryFn: () => data(api.GET("/api/v1/auth/owner", { params: { query: { token } } })),
    enabled: token !== "",
    retry: false,
  });
  const form = useFields({ token, username: "", password: "", name: "" }, bodies["POST /api/v1/auth/owner"]);
  const [problem, setProblem] = useState<unknown>(null);
  const claim = useMutation({
    mutationFn: async () => {
      const { username, password, name } = form.values;
      const body = { token, username, password, session: "cookie" as const, ...(name ? { name } : {}) };
      await enter(await data(api.POST("/api/v1/auth/owner", { body })));
    },
    onSuccess: () => navigate({ to: "/odalar", replace: true }),
    onError: (error) => setProblem(form.refused(error)),
  });

  if (token === "") {
    return (
      <GlassSheet title={t("claim.none")} detail={t("claim.none.detail")}>
        <ToSquare />
      </GlassSheet>
    );
  }
  if (check.isPending) {
    return (
      <GlassSheet title={t("claim.title")} detail={t("claim.checking")}>
        <Loader />
      </GlassSheet>
    );
  }
  if (check.isError) {
    return (
      <GlassSheet title={t("claim.title")}>
        <Failed error={check.error} retry={() => void check.refetch()} />
      </GlassSheet>
    );
  }
  if (!check.data.valid) {
    return (
      <GlassSheet title={t("claim.invalid")} detail={t("claim.invalid.detail")}>
        <ToSquare />
      </GlassSheet>
    );
  }
  return (
    <GlassSheet title={t("claim.title")} detail={t("claim.detail")}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setProblem(null);
          if (form.check()) claim.mutate();
        }}
      >
        <Stack gap="sm">
          <AccountFields {...form} making />
          <FormProblem error={problem} />
          <Button type="submit" loading={claim.isPending} fullWidth mt={4}>
            {t("claim")}
          </Button>
        </Stack>
      </form>
    </GlassSheet>
  );
}

function ToSquare() {
  const t = useText(texts);
  return (
    <LinkButton to="/" variant="light" fullWidth>
      {t("to-square")}
    </LinkButton>
  );
}
