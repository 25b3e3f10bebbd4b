import { Loader } from "@mantine/core";
import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { GlassSheet } from "@/components/Glass";
import { LinkButton } from "@/components/LinkButton";
import { Failed } from "@/components/States";
import { api } from "@/session/session";
import { useHash } from "@/session/useHash";
import { useText } from "@/text/useText";
import { AccountForm } from "./AccountForm";
import { texts } from "./texts";

/** The owner's one-time link: the token stays behind the `#`, so that no log on the way sees it. */
export function ClaimPage() {
  const t = useText(texts);
  const navigate = useNavigate();
  const token = new URLSearchParams(useHash().slice(1)).get("anahtar") ?? "";
  const check = useQuery({
    queryKey: ["owner", token],
    queryFn: () => data(api.POST("/api/v1/auth/owner/check", { body: { token } })),
    enabled: token !== "",
    retry: false,
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
      <AccountForm
        key={token}
        schema={bodies["POST /api/v1/auth/owner"]}
        known={{ token }}
        making
        action={t("claim")}
        ask={(account) => data(api.POST("/api/v1/auth/owner", { body: { ...account, token, session: "cookie" } }))}
        onEntered={() => navigate({ to: "/odalar", replace: true })}
      />
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
