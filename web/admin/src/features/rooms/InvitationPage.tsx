import { Button, Group } from "@mantine/core";
import { data } from "@meydan/client";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { GlassSheet } from "@/components/Glass";
import { LinkButton } from "@/components/LinkButton";
import { FormProblem } from "@/components/States";
import { queries } from "@/session/queries";
import { roomsQuery } from "@/session/rooms";
import { api, useSession } from "@/session/session";
import { useText } from "@/text/useText";
import { texts } from "./texts";

/** The code stays behind the `#`: no log between here and the server sees it. */
export function InvitationPage() {
  const t = useText(texts);
  const navigate = useNavigate();
  const session = useSession();
  const [code] = useState(codeInAddress);
  const accept = useMutation({
    mutationFn: () => data(api.POST("/api/v1/sohbet/davet-kabul", { body: { kod: code } })),
    onSuccess: (room) => {
      void queries.invalidateQueries({ queryKey: roomsQuery.queryKey });
      void navigate({ to: "/oda/$odaId", params: { odaId: room.oda_id }, replace: true });
    },
  });
  if (code === "") {
    return (
      <GlassSheet title={t("invitation.none")} detail={t("invitation.none.detail")}>
        <LinkButton to="/" variant="light" fullWidth>
          {t("back")}
        </LinkButton>
      </GlassSheet>
    );
  }
  if (session.status !== "in" || session.guest) {
    const search = { sonra: `/davet#${encodeURIComponent(code)}` };
    return (
      <GlassSheet title={t("invitation.title")} detail={t("invitation.sign-in")}>
        <Group grow>
          <LinkButton to="/giris" search={search}>
            {t("read-only.sign-in")}
          </LinkButton>
          <LinkButton to="/kayit" search={search} variant="default">
            {t("register")}
          </LinkButton>
        </Group>
      </GlassSheet>
    );
  }
  return (
    <GlassSheet title={t("invitation.title")} detail={t("invitation.detail")}>
      <FormProblem error={accept.error} />
      <Button fullWidth mt="sm" loading={accept.isPending} onClick={() => accept.mutate()}>
        {t("invitation.accept")}
      </Button>
    </GlassSheet>
  );
}

function codeInAddress(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // cut off in the middle of an escape
  }
}
