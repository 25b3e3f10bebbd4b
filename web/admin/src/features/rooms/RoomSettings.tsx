import { ActionIcon, Button, Divider, Group, Modal, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { data, type Room, type RoomMember } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { UserMinus } from "lucide-react";
import { useEffect, useState } from "react";
import { Avatar } from "@/components/Avatar";
import { Confirm, ConfirmByName } from "@/components/dialogs";
import { useFields } from "@/components/form";
import { AskToLeave } from "@/components/LeaveGuard";
import { FormProblem } from "@/components/States";
import { toast } from "@/components/toasts";
import { useUnsaved } from "@/components/unsaved";
import { useComplain } from "@/components/useComplain";
import { askAgain, queries } from "@/session/queries";
import { changeRoom, roomsQuery } from "@/session/rooms";
import { api, useMay, useMe } from "@/session/session";
import { useText } from "@/text/useText";
import { restoreRoom } from "./Archive";
import { archiveTexts } from "./archiveTexts";
import { Invitations } from "./Invitations";
import { archiveQuery, membersQuery } from "./queries";
import styles from "./RoomSettings.module.css";
import { useRoomsStore } from "./store";
import { texts } from "./texts";

interface Props {
  room: Room;
  opened: boolean;
  onClose: () => void;
}

/** Whether there is anything in the dialog for this person. */
export function hasSettings(room: Room, moderates: boolean): boolean {
  return room.uye || moderates;
}

/** What the room's keepers may change; others may leave. */
export function RoomSettings({ room, opened, onClose }: Props) {
  const t = useText(texts);
  const moderator = useMay("rooms:moderate");
  const keeps = room.rol === "sahip" || room.rol === "moderator" || moderator;
  const owns = room.rol === "sahip" || moderator;
  const [changed, setChanged] = useState(false);
  const [asking, setAsking] = useState(false);
  const close = () => {
    setAsking(false);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={() => (changed ? setAsking(true) : close())} title={t("settings")} size="lg">
      <AskToLeave opened={asking} onStay={() => setAsking(false)} onLeave={close} />
      <Stack gap="lg">
        {keeps && <Names room={room} onChanged={setChanged} />}
        {keeps && <Invitations room={room} />}
        {keeps && <Roles room={room} owns={owns} />}
        <Divider />
        <Leaving room={room} owns={owns} onDone={onClose} />
      </Stack>
    </Modal>
  );
}

function Names({ room, onChanged }: { room: Room; onChanged: (changed: boolean) => void }) {
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
  useUnsaved(changed);
  useEffect(() => {
    onChanged(changed);
    return () => onChanged(false);
  }, [changed, onChanged]);
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

function Roles({ room, owns }: { room: Room; owns: boolean }) {
  const t = useText(texts);
  const { user } = useMe();
  const members = useQuery(membersQuery(room.oda_id));
  const [leaving, setLeaving] = useState<RoomMember | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: ["members", room.oda_id] });
  const [sharing, setSharing] = useState<RoomMember | null>(null);
  const setRole = useMutation({
    mutationFn: ({ member, rol }: { member: RoomMember; rol: RoomMember["rol"] }) =>
      api.PUT("/api/v1/sohbet/odalar/{oda_id}/uyeler/{kullanici_id}", {
        params: { path: { oda_id: room.oda_id, kullanici_id: member.kullanici_id } },
        body: { rol },
      }),
    onSuccess: (_, { member, rol }) => {
      setSharing(null);
      void refresh();
      if (rol === "sahip") {
        toast(t("settings.owner.made", { name: member.ad }), {
          action: { label: t("settings.owner.undo"), run: () => setRole.mutate({ member, rol: member.rol }) },
        });
      }
    },
  });
  const remove = useMutation({
    mutationFn: (member: RoomMember) =>
      api.DELETE("/api/v1/sohbet/odalar/{oda_id}/uyeler/{kullanici_id}", {
        params: { path: { oda_id: room.oda_id, kullanici_id: member.kullanici_id } },
      }),
    onSuccess: (_, member) => {
      setLeaving(null);
      toast(t("settings.removed", { name: member.ad }));
      void refresh();
    },
  });
  return (
    <section>
      <h3 className={styles.title}>{t("settings.roles")}</h3>
      <FormProblem error={setRole.error ?? members.error} />
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
              onChange={(rol) => {
                if (rol === "sahip") setSharing(member);
                else if (rol) setRole.mutate({ member, rol: rol as RoomMember["rol"] });
              }}
            />
            <ActionIcon
              variant="subtle"
              color="mercan"
              disabled={member.kullanici_id === user.id}
              aria-label={t("settings.remove", { name: member.ad })}
              onClick={() => setLeaving(member)}
            >
              <UserMinus size={17} />
            </ActionIcon>
          </div>
        ))}
      </div>
      <Confirm
        opened={sharing !== null}
        onClose={() => {
          setRole.reset();
          setSharing(null);
        }}
        title={t("settings.owner.title", { name: sharing?.ad ?? "" })}
        detail={t("settings.owner.detail", { name: sharing?.ad ?? "" })}
        action={t("settings.owner.act")}
        busy={setRole.isPending}
        error={setRole.error}
        onConfirm={() => sharing && setRole.mutate({ member: sharing, rol: "sahip" })}
      />
      <ConfirmByName
        opened={leaving !== null}
        onClose={() => {
          remove.reset();
          setLeaving(null);
        }}
        title={t("settings.remove", { name: leaving?.ad ?? "" })}
        detail={t(room.tur === "ozel" ? "settings.remove.private" : "settings.remove.public")}
        name={leaving?.kullanici_id ?? ""}
        action={t("settings.remove.act")}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => leaving && remove.mutate(leaving)}
      />
    </section>
  );
}

function Leaving({ room, owns, onDone }: { room: Room; owns: boolean; onDone: () => void }) {
  const t = useText(texts);
  const navigate = useNavigate();
  const a = useText(archiveTexts);
  const complain = useComplain();
  const store = useRoomsStore();
  const [asking, setAsking] = useState<"leave" | "archive" | null>(null);
  const path = { oda_id: room.oda_id };
  const gone = (words: string, action?: { label: string; run: () => void }) => {
    store.socket?.leave(room.oda_id);
    queries.removeQueries({ queryKey: ["room", room.oda_id] });
    void askAgain(roomsQuery.queryKey);
    onDone();
    toast(words, action ? { action } : {});
    void navigate({ to: "/odalar" });
  };
  const leave = useMutation({
    mutationFn: () => api.DELETE("/api/v1/sohbet/odalar/{oda_id}/uyelik", { params: { path } }),
    onSuccess: () => gone(t("settings.left", { room: room.baslik })),
  });
  const archive = useMutation({
    mutationFn: () => api.DELETE("/api/v1/sohbet/odalar/{oda_id}", { params: { path } }),
    onSuccess: () => {
      void askAgain(archiveQuery.queryKey);
      const back = () => void restoreRoom(room.oda_id).catch(complain);
      gone(t("settings.archived", { room: room.baslik }), { label: a("archive.restore"), run: back });
    },
  });
  return (
    <Stack gap="xs">
      <FormProblem error={asking ? null : leave.error} />
      <Group justify="space-between">
        {room.uye ? (
          <Button
            variant="default"
            loading={leave.isPending}
            onClick={() => (room.tur === "ozel" ? setAsking("leave") : leave.mutate())}
          >
            {t("settings.leave")}
          </Button>
        ) : (
          <span />
        )}
        {owns && (
          <Button variant="light" color="mercan" onClick={() => setAsking("archive")}>
            {t("settings.archive")}
          </Button>
        )}
      </Group>
      <ConfirmByName
        opened={asking === "archive"}
        onClose={() => setAsking(null)}
        title={t("settings.archive")}
        detail={t("settings.archive.detail")}
        name={room.baslik}
        action={t("settings.archive")}
        busy={archive.isPending}
        error={archive.error}
        onConfirm={() => archive.mutate()}
      />
      <ConfirmByName
        opened={asking === "leave"}
        onClose={() => setAsking(null)}
        title={t("settings.leave")}
        detail={t("settings.leave.private")}
        name={room.baslik}
        action={t("settings.leave")}
        busy={leave.isPending}
        error={leave.error}
        onConfirm={() => leave.mutate()}
      />
    </Stack>
  );
}
