import { ActionIcon, Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { data, type Room } from "@meydan/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { Confirm, ShownOnce } from "@/components/dialogs";
import { FormProblem } from "@/components/States";
import { queries } from "@/session/queries";
import { api } from "@/session/session";
import { date } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { invitationsQuery } from "./queries";
import styles from "./RoomSettings.module.css";
import { texts } from "./texts";

/** The links that let people into a room. */
export function Invitations({ room }: { room: Room }) {
  const t = useText(texts);
  const locale = useLocale();
  const invitations = useQuery(invitationsQuery(room.oda_id));
  const [closing, setClosing] = useState<string | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: ["invitations", room.oda_id] });
  const path = { oda_id: room.oda_id };
  const make = useMutation({
    mutationFn: () => data(api.POST("/api/v1/sohbet/odalar/{oda_id}/davetler", { params: { path }, body: {} })),
    onSuccess: refresh,
  });
  const revoke = useMutation({
    mutationFn: (davet_id: string) =>
      api.DELETE("/api/v1/sohbet/odalar/{oda_id}/davetler/{davet_id}", { params: { path: { ...path, davet_id } } }),
    onSuccess: (_, closed) => {
      setClosing(null);
      if (make.data?.davet_id === closed) make.reset();
      void refresh();
    },
  });
  return (
    <section>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <div>
          <h3 className={styles.title}>{t("settings.invite")}</h3>
          <Text size="sm" c="dimmed">
            {t("settings.invite.detail")}
          </Text>
        </div>
        <Button
          size="sm"
          variant="light"
          loading={make.isPending}
          onClick={() => make.mutate()}
          style={{ flex: "none" }}
        >
          {t("settings.invite.new")}
        </Button>
      </Group>
      <Stack gap="xs" mt="sm">
        <FormProblem error={make.error ?? invitations.error} />
        {make.data?.kod && (
          <ShownOnce label={t("settings.invite.link")} value={`${location.origin}/davet#${make.data.kod}`} />
        )}
        {invitations.data?.map((invitation) => (
          <div key={invitation.davet_id} className={`${styles.row} numbers`}>
            <span>
              {t("settings.invite.row", {
                uses: invitation.kullanim,
                max: invitation.azami_kullanim,
                until: date(locale, invitation.gecerlilik),
              })}
            </span>
            <Tooltip label={t("settings.invite.revoke")}>
              <ActionIcon
                variant="subtle"
                color="mercan"
                aria-label={t("settings.invite.revoke")}
                onClick={() => setClosing(invitation.davet_id)}
              >
                <Trash2 size={17} />
              </ActionIcon>
            </Tooltip>
          </div>
        ))}
      </Stack>
      <Confirm
        opened={closing !== null}
        onClose={() => {
          revoke.reset();
          setClosing(null);
        }}
        title={t("settings.invite.revoke")}
        detail={t("settings.invite.revoke.detail")}
        action={t("settings.invite.revoke")}
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => closing && revoke.mutate(closing)}
      />
    </section>
  );
}
