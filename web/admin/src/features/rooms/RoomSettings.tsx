import {
  ActionIcon,
  Button,
  Divider,
  Group,
  Modal,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { data, type Room, type RoomMember } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Trash2, UserMinus } from "lucide-react";
import { useState } from "react";
import { Avatar } from "@/components/Avatar";
import { ConfirmByName, ShownOnce } from "@/components/dialogs";
import { useFields } from "@/components/form";
import { FormProblem } from "@/components/States";
import { toast } from "@/components/toasts";
import { queries } from "@/session/queries";
import { roomsQuery } from "@/session/rooms";
import { api, useMay, useMe } from "@/session/session";
import { date } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import { invitationsQuery, membersQuery } from "./queries";
import styles from "./RoomSettings.module.css";
import { changeRoom, useRoomsStore } from "./store";
import { texts } from "./texts";

interface Props {
  room: Room;
  opened: boolean;
  onClose: () => void;
}

/** What the room's keepers may change; others may leave. */
export function RoomSettings({ room, opened, onClose }: Props) {
  const t = useText(texts);
  const moderator = useMay("rooms:moderate");
  const keeps = room.rol === "sahip" || room.rol === "moderator" || moderator;
  const owns = room.rol === "sahip" || moderator;
  return (
    <Modal opened={opened} onClose={onClose} title={t("settings")} size="lg">
      <Stack gap="lg">
        {keeps && <Names room={room} />}
        {keeps && <Invitations room={room} />}
        {keeps && <Roles room={room} owns={owns} />}
        <Divider />
        <Leaving room={room} owns={owns} onDone={onClose} />
      </Stack>
    </Modal>
  );
}

function Names({ room }: { room: Room }) {
  const t = useText(texts);
  const [problem, setProblem] = useState<unknown>(null);
  const form = useFields({ baslik: room.baslik, konu: room.konu }, bodies["PATCH /api/v1/sohbet/odalar/{oda_id}"]);
  const save = useMutation({
    mutationFn: () =>
      data(
        api.PATCH("/api/v1/sohbet/odalar/{oda_id}", { params: { path: { oda_id: room.oda_id } }, body: form.values }),
      ),
    onSuccess: (changed) => {
      changeRoom(room.oda_id, (known) => ({ ...known, baslik: changed.baslik, konu: changed.konu }));
      toast(t("settings.saved"));
    },
    onError: (error) => setProblem(form.refused(error)),
  });
  const changed = form.values.baslik !== room.baslik || form.values.konu !== room.konu;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setProblem(null);
        if (form.check()) save.mutate();
      }}
    >
      <Stack gap="sm">
        <TextInput
          name="baslik"
          label={t("settings.title")}
          value={form.values.baslik}
          error={form.errors.baslik}
          onChange={(event) => form.set("baslik", event.currentTarget.value)}
        />
        <Textarea
          name="konu"
          label={t("settings.topic")}
          value={form.values.konu}
          error={form.errors.konu}
          rows={2}
          onChange={(event) => form.set("konu", event.currentTarget.value)}
        />
        <FormProblem error={problem} />
        <Group justify="flex-end">
          <Button type="submit" disabled={!changed || form.values.baslik.trim() === ""} loading={save.isPending}>
            {t("save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Invitations({ room }: { room: Room }) {
  const t = useText(texts);
  const locale = useLocale();
  const invitations = useQuery(invitationsQuery(room.oda_id));
  const refresh = () => queries.invalidateQueries({ queryKey: ["invitations", room.oda_id] });
  const path = { oda_id: room.oda_id };
  const make = useMutation({
    mutationFn: () => data(api.POST("/api/v1/sohbet/odalar/{oda_id}/davetler", { params: { path }, body: {} })),
    onSuccess: refresh,
  });
  const revoke = useMutation({
    mutationFn: (davet_id: string) =>
      api.DELETE("/api/v1/sohbet/odalar/{oda_id}/davetler/{davet_id}", { params: { path: { ...path, davet_id } } }),
    onSuccess: refresh,
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
        <FormProblem error={make.error ?? revoke.error ?? invitations.error} />
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
                onClick={() => revoke.mutate(invitation.davet_id)}
              >
                <Trash2 size={17} />
              </ActionIcon>
            </Tooltip>
          </div>
        ))}
      </Stack>
    </section>
  );
}

function Roles({ room, owns }: { room: Room; owns: boolean }) {
  const t = useText(texts);
  const { user } = useMe();
  const members = useQuery(membersQuery(room.oda_id));
  const refresh = () => queries.invalidateQueries({ queryKey: ["members", room.oda_id] });
  const setRole = useMutation({
    mutationFn: ({ id, rol }: { id: string; rol: RoomMember["rol"] }) =>
      api.PUT("/api/v1/sohbet/odalar/{oda_id}/uyeler/{kullanici_id}", {
        params: { path: { oda_id: room.oda_id, kullanici_id: id } },
        body: { rol },
      }),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: (member: RoomMember) =>
      api.DELETE("/api/v1/sohbet/odalar/{oda_id}/uyeler/{kullanici_id}", {
        params: { path: { oda_id: room.oda_id, kullanici_id: member.kullanici_id } },
      }),
    onSuccess: (_, member) => {
      toast(t("settings.removed", { name: member.ad }));
      void refresh();
    },
  });
  return (
    <section>
      <h3 className={styles.title}>{t("settings.roles")}</h3>
      <FormProblem error={setRole.error ?? remove.error ?? members.error} />
      <div className={styles.members}>
        {members.data?.map((member) => (
          <div key={member.kullanici_id} className={styles.row}>
            <Avatar name={member.ad} id={member.kullanici_id} size={30} />
            <span className={styles.name}>
              {member.ad} <small>@{member.kullanici_id}</small>
            </span>
            <Select
              size="xs"
              w={130}
              allowDeselect={false}
              disabled={!owns || member.kullanici_id === user.id}
              aria-label={t("settings.role.of", { name: member.ad })}
              value={member.rol}
              data={(["sahip", "moderator", "uye"] as const).map((rol) => ({ value: rol, label: t(`role.${rol}`) }))}
              onChange={(rol) => rol && setRole.mutate({ id: member.kullanici_id, rol: rol as RoomMember["rol"] })}
            />
            <ActionIcon
              variant="subtle"
              color="mercan"
              disabled={member.kullanici_id === user.id}
              aria-label={t("settings.remove", { name: member.ad })}
              onClick={() => remove.mutate(member)}
            >
              <UserMinus size={17} />
            </ActionIcon>
          </div>
        ))}
      </div>
    </section>
  );
}

function Leaving({ room, owns, onDone }: { room: Room; owns: boolean; onDone: () => void }) {
  const t = useText(texts);
  const navigate = useNavigate();
  const store = useRoomsStore();
  const [asking, setAsking] = useState(false);
  const path = { oda_id: room.oda_id };
  const gone = (words: string) => {
    store.socket?.leave(room.oda_id);
    void queries.invalidateQueries({ queryKey: roomsQuery.queryKey });
    onDone();
    toast(words);
    void navigate({ to: "/odalar" });
  };
  const leave = useMutation({
    mutationFn: () => api.DELETE("/api/v1/sohbet/odalar/{oda_id}/uyelik", { params: { path } }),
    onSuccess: () => gone(t("settings.left", { room: room.baslik })),
  });
  const archive = useMutation({
    mutationFn: () => api.DELETE("/api/v1/sohbet/odalar/{oda_id}", { params: { path } }),
    onSuccess: () => gone(t("settings.archived", { room: room.baslik })),
  });
  return (
    <Stack gap="xs">
      <FormProblem error={leave.error} />
      <Group justify="space-between">
        {room.uye ? (
          <Button variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>
            {t("settings.leave")}
          </Button>
        ) : (
          <span />
        )}
        {owns && (
          <Button variant="light" color="mercan" onClick={() => setAsking(true)}>
            {t("settings.archive")}
          </Button>
        )}
      </Group>
      <ConfirmByName
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("settings.archive")}
        detail={t("settings.archive.detail")}
        name={room.baslik}
        action={t("settings.archive")}
        busy={archive.isPending}
        error={archive.error}
        onConfirm={() => archive.mutate()}
      />
    </Stack>
  );
}
