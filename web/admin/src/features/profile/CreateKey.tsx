import { Button, Checkbox, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { data, type Permission } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { OnceDialog } from "@/components/dialogs";
import { useFields } from "@/components/form";
import { FormProblem } from "@/components/States";
import { queries } from "@/session/queries";
import { api, useMe } from "@/session/session";
import { useText } from "@/text/useText";
import { texts } from "./texts";

const BLANK = { name: "", scopes: [] as Permission[] };
const DAY_MS = 86_400_000;

export function CreateKey({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText(texts);
  const { permissions } = useMe();
  const form = useFields(BLANK, bodies["POST /api/v1/api-keys"]);
  const [days, setDays] = useState("90");
  const [problem, setProblem] = useState<unknown>(null);
  const create = useMutation({
    mutationFn: () => {
      const expires_at = days === "never" ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
      return data(api.POST("/api/v1/api-keys", { body: { ...form.values, expires_at } }));
    },
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["keys"] }),
    onError: (error) => setProblem(form.refused(error)),
  });
  const close = () => {
    onClose();
    create.reset();
    form.reset();
    setProblem(null);
  };
  if (create.data) {
    return <OnceDialog title={t("keys.made")} label={t("keys.secret")} value={create.data.key} onClose={close} />;
  }
  return (
    <Modal opened={opened} onClose={close} title={t("keys.new")}>
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
            name="name"
            label={t("keys.name")}
            description={t("keys.name.hint")}
            value={form.values.name}
            error={form.errors.name}
            autoComplete="off"
            onChange={(event) => form.set("name", event.currentTarget.value)}
            data-autofocus
          />
          <Checkbox.Group
            label={t("keys.scopes")}
            value={form.values.scopes}
            error={form.errors.scopes && t("keys.scopes.needed")}
            onChange={(scopes) => form.set("scopes", scopes as Permission[])}
          >
            <Stack gap={8} mt={6}>
              {permissions.map((scope) => (
                <Checkbox key={scope} value={scope} label={t(`scope.${scope}`)} description={scope} />
              ))}
            </Stack>
          </Checkbox.Group>
          <Select
            label={t("keys.expiry")}
            allowDeselect={false}
            value={days}
            data={(["30", "90", "365", "never"] as const).map((value) => ({ value, label: t(`keys.expiry.${value}`) }))}
            onChange={(value) => value && setDays(value)}
          />
          <FormProblem error={problem} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t("keys.new")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
