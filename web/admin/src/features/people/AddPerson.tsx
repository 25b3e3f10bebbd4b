import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { data, type Role } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { OnceDialog } from "@/components/dialogs";
import { useFields } from "@/components/form";
import { Rules } from "@/components/Rules";
import { FormProblem } from "@/components/States";
import { texts as shared } from "@/components/texts";
import { queries } from "@/session/queries";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { texts } from "./texts";

const BLANK = { username: "", name: "", role: "member" as Role };
const GIVEN: readonly Role[] = ["member", "moderator", "admin"];

export function AddPerson({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText(texts);
  const s = useText(shared);
  const form = useFields(BLANK, bodies["POST /api/v1/users"]);
  const [problem, setProblem] = useState<unknown>(null);
  const add = useMutation({
    mutationFn: () => data(api.POST("/api/v1/users", { body: form.values })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["users"] }),
    onError: (error) => setProblem(form.refused(error)),
  });
  const close = () => {
    onClose();
    add.reset();
    form.reset();
    setProblem(null);
  };
  if (add.data) {
    const { password, user } = add.data;
    return (
      <OnceDialog
        title={t("new.done", { name: user.name })}
        label={t("reset.password")}
        value={password ?? undefined}
        onClose={close}
      />
    );
  }
  return (
    <Modal opened={opened} onClose={close} title={t("new.title")}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setProblem(null);
          if (form.check()) add.mutate();
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {t("new.detail")}
          </Text>
          <TextInput
            name="username"
            label={t("new.username")}
            value={form.values.username}
            error={form.errors.username}
            autoCapitalize="none"
            autoComplete="off"
            onChange={(event) => form.set("username", event.currentTarget.value.trim())}
            data-autofocus
            aria-describedby="new-username-rules"
          />
          <Rules
            id="new-username-rules"
            schema={bodies["POST /api/v1/users"]}
            field="username"
            value={form.values.username}
            onOffer={(near) => form.set("username", near)}
          />
          <TextInput
            name="name"
            label={t("new.name")}
            value={form.values.name}
            error={form.errors.name}
            autoComplete="off"
            onChange={(event) => form.set("name", event.currentTarget.value)}
          />
          <Select
            label={t("role")}
            allowDeselect={false}
            value={form.values.role}
            data={GIVEN.map((value) => ({ value, label: s(`role.${value}`) }))}
            onChange={(role) => role && form.set("role", role as Role)}
          />
          <FormProblem error={problem} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={add.isPending}>
              {t("new.make")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
