import { Button, Group, Loader } from "@mantine/core";
import { data } from "@meydan/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { GlassSheet } from "@/components/Glass";
import { LinkButton } from "@/components/LinkButton";
import { FormProblem } from "@/components/States";
import { abilitiesQuery } from "@/session/abilities";
import { codeIn, invitationQuery } from "@/session/invitation";
import { askAgain } from "@/session/queries";
import { roomsQuery } from "@/session/rooms";
import { api, useSession } from "@/session/session";
import { useHash } from "@/session/useHash";
import { useText } from "@/text/useText";
import { texts } from "./texts";

/** The code stays behind the `#`: no log between here and the server sees it. */
export function InvitationPage() {
  const code = codeIn(location.pathname + useHash());
  return <Invitation key={code} code={code} />;
}

function Invitation({ code }: { code: string }) {
  const t = useText(texts);
  const navigate = useNavigate();
  const session = useSession();
  const abilities = useQuery(abilitiesQuery);
  const invitation = useQuery(invitationQuery(code));
  const accept = useMutation({
    mutationFn: () => data(api.POST("/api/v1/sohbet/davet-kabul", { body: { kod: code } })),
    onSuccess: (room) => {
      void askAgain(roomsQuery.queryKey);
      void navigate({ to: "/oda/$odaId", params: { odaId: room.oda_id }, replace: true });
    },
  });
  const inside = invitation.data?.uye ? invitation.data.oda_id : null;
  useEffect(() => {
    if (inside) void navigate({ to: "/oda/$odaId", params: { odaId: inside }, replace: true });
  }, [inside, navigate]);
  if (code === "" || invitation.isError) {
    return (
      <GlassSheet
        title={t(code ? "invitation.over" : "invitation.none")}
        detail={t(code ? "invitation.over.detail" : "invitation.none.detail")}
      >
        <LinkButton to="/" variant="light" fullWidth>
          {t("back")}
        </LinkButton>
      </GlassSheet>
    );
  }
  if (invitation.isPending || abilities.isPending) {
    return (
      <GlassSheet title={t("invitation.title")} detail={t("invitation.loading")}>
        <Loader />
      </GlassSheet>
    );
  }
  const { davet_eden: name, baslik: room, yeni_hesap: newcomers } = invitation.data;
  const title = t("invitation.to", { room });
  if (session.status !== "in" || session.guest) {
    const way = { search: { sonra: "/davet" }, hash: encodeURIComponent(code) };
    const registers = newcomers || abilities.data?.kayit_acik !== false;
    return (
      <GlassSheet title={title} detail={t(registers ? "invitation.sign-in" : "invitation.members", { name })}>
        <Group grow>
          <LinkButton to="/giris" {...way}>
            {t("read-only.sign-in")}
          </LinkButton>
          {registers && (
            <LinkButton to="/kayit" {...way} variant="default">
              {t("register")}
            </LinkButton>
          )}
        </Group>
      </GlassSheet>
    );
  }
  return (
    <GlassSheet title={title} detail={t("invitation.detail", { name })}>
      <FormProblem error={accept.error} />
      <Button fullWidth mt="sm" loading={accept.isPending} onClick={() => accept.mutate()}>
        {t("invitation.accept")}
      </Button>
    </GlassSheet>
  );
}
