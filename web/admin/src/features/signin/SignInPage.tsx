import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { GlassSheet } from "@/components/Glass";
import { abilitiesQuery } from "@/session/abilities";
import { codeIn, invitationQuery } from "@/session/invitation";
import { api, useSession } from "@/session/session";
import { useText } from "@/text/useText";
import { AccountForm } from "./AccountForm";
import { useNext } from "./next";
import { texts } from "./texts";

export function SignInPage() {
  const t = useText(texts);
  const router = useRouter();
  const session = useSession();
  const { next, way } = useNext(useSearch({ from: "/giris" }));
  const abilities = useQuery(abilitiesQuery);
  const code = codeIn(next);
  const invitation = useQuery(invitationQuery(code));
  const closed = abilities.data?.kayit_acik === false && !invitation.data?.yeni_hesap;
  const { ended = false, suspended = false } = session.status === "anonymous" ? session : {};
  const signedIn = session.status === "in" && !session.guest;
  useEffect(() => {
    if (signedIn) router.history.replace(next ?? "/odalar");
  }, [signedIn, next, router]);
  return (
    <GlassSheet
      title={t("sign-in.title")}
      detail={t(suspended ? "sign-in.suspended" : ended ? "sign-in.ended" : "sign-in.detail")}
      foot={
        closed ? (
          t("no-account.closed")
        ) : (
          <>
            {t("no-account")}{" "}
            <Link to="/kayit" {...way}>
              {t("register")}
            </Link>
          </>
        )
      }
    >
      <AccountForm
        schema={bodies["POST /api/v1/auth/login"]}
        making={false}
        action={t("sign-in")}
        ask={(account) => data(api.POST("/api/v1/auth/login", { body: { ...account, session: "cookie" } }))}
      />
    </GlassSheet>
  );
}
