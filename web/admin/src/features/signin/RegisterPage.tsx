import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { GlassSheet } from "@/components/Glass";
import { LinkButton } from "@/components/LinkButton";
import { abilitiesQuery } from "@/session/abilities";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { AccountForm } from "./AccountForm";
import { texts } from "./texts";

export function RegisterPage() {
  const t = useText(texts);
  const router = useRouter();
  const { sonra } = useSearch({ from: "/kayit" });
  const abilities = useQuery(abilitiesQuery);
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
      <AccountForm
        schema={bodies["POST /api/v1/auth/register"]}
        making
        action={t("register")}
        ask={(account) => data(api.POST("/api/v1/auth/register", { body: { ...account, session: "cookie" } }))}
        onEntered={() => router.history.push(sonra ?? "/odalar")}
      />
    </GlassSheet>
  );
}
