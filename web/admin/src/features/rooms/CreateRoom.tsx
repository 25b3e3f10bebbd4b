import { Button, Group, Modal, Radio, Stack, Textarea, TextInput } from "@mantine/core";
import { data } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useFields } from "@/components/form";
import { FormProblem } from "@/components/States";
import { addRoom } from "@/session/rooms";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { texts } from "./texts";

const BLANK = { baslik: "", konu: "", tur: "genel" as "genel" | "ozel" };

export function CreateRoom({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText(texts);
  const navigate = useNavigate();
  const [problem, setProblem] = useState<unknown>(null);
  const form = useFields(BLANK, { ...bodies["POST /api/v1/sohbet/oda-olustur"], required: ["baslik"] });
  const create = useMutation({
    mutationFn: () => data(api.POST("/api/v1/sohbet/oda-olustur", { body: form.values })),
    onSuccess: (room) => {
      addRoom(room);
      form.reset(); // until then what was typed waits for the next opening
      onClose();
      void navigate({ to: "/oda/$odaId", params: { odaId: room.oda_id } });
    },
    onError: (error) => setProblem(form.refused(error)),
  });
  return (
    <Modal opened={opened} onClose={onClose} title={t("create.title")}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setProblem(null);
          if (form.check()) create.mutate();
        }}
      >
        <Stack>
          <TextInput
            name="baslik"
            label={t("create.name")}
            value={form.values.baslik}
            error={form.errors.baslik}
            onChange={(event) => form.set("baslik", event.currentTarget.value)}
            data-autofocus
          />
          <Textarea
            name="konu"
            label={t("create.topic")}
            description={t("create.topic.hint")}
            value={form.values.konu}
            error={form.errors.konu}
            rows={2}
            onChange={(event) => form.set("konu", event.currentTarget.value)}
          />
          <Radio.Group
            label={t("create.kind")}
            value={form.values.tur}
            onChange={(kind) => form.set("tur", kind === "ozel" ? "ozel" : "genel")}
          >
            <Stack gap="xs" mt={6}>
              <Radio value="genel" label={t("create.public")} description={t("create.public.hint")} />
              <Radio value="ozel" label={t("create.private")} description={t("create.private.hint")} />
            </Stack>
          </Radio.Group>
          <FormProblem error={problem} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t("create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
