import { Loader } from "@mantine/core";
import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { GlassSheet } from "@/components/Glass";
import { LinkButton } from "@/components/LinkButton";
import { abilitiesQuery } from "@/session/abilities";
import { codeIn, invitationQuery } from "@/session/invitation";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { AccountForm } from "./AccountForm";
import { useNext } from "./next";
import { texts } from "./texts";

/** A new account: while registration is open for everybody, else for who comes from an invitation. */
export function RegisterPage() {
  const t = useText(texts);
  const router = useRouter();
  const { next, way } = useNext(useSearch({ from: "/kayit" }));
  const abilities = useQuery(abilitiesQuery);
  const code = codeIn(next);
  const invitation = useQuery(invitationQuery(code));
  const invited = invitation.data?.yeni_hesap ? invitation.data : null;
  if (abilities.isPending || (code && invitation.isPending)) {
    return (
      <GlassSheet title={t("register.title")} detail={t("loading")}>
        <Loader />
      </GlassSheet>
    );
  }
  if (abilities.data && !abilities.data.kayit_acik && !invited) {
    return (
      <GlassSheet title={t("closed")} detail={t(abilities.data.misafir_girisi ? "closed.guest" : "closed.detail")}>
        <LinkButton to="/" fullWidth>
          {t("to-square")}
        </LinkButton>
      </GlassSheet>
    );
  }
  return (
    <GlassSheet
      title={t("register.title")}
      detail={
        invited ? t("register.invited", { name: invited.davet_eden, room: invited.baslik }) : t("register.detail")
      }
      foot={
        <>
          {t("have-account")}{" "}
          <Link to="/giris" {...way}>
            {t("sign-in")}
          </Link>
        </>
      }
    >
      <AccountForm
        schema={bodies["POST /api/v1/auth/register"]}
        making
        action={t("register")}
        ask={(account) =>
          data(
            api.POST("/api/v1/auth/register", {
              body: { ...account, session: "cookie", ...(invited ? { invitation: code } : {}) },
            }),
          )
        }
        onEntered={() =>
          router.history.push(invited ? `/oda/${encodeURIComponent(invited.oda_id)}` : (next ?? "/odalar"))
        }
      />
    </GlassSheet>
  );
}
