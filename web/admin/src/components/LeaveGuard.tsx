import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useText } from "@/text/useText";
import { texts } from "./texts";
import { isUnsaved } from "./unsaved";

/** Ask before somebody leaves a page on which they have typed what is not saved. */
export function LeaveGuard() {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && isUnsaved(),
    enableBeforeUnload: isUnsaved,
    withResolver: true,
  });
  return (
    <AskToLeave
      opened={blocker.status === "blocked"}
      onStay={() => blocker.reset?.()}
      onLeave={() => blocker.proceed?.()}
    />
  );
}

interface Props {
  opened: boolean;
  onStay: () => void;
  onLeave: () => void;
}

export function AskToLeave({ opened, onStay, onLeave }: Props) {
  const t = useText(texts);
  return (
    <Modal opened={opened} onClose={onStay} title={t("leave.title")}>
      <Stack>
        <Text size="sm">{t("leave.detail")}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onLeave}>
            {t("leave.go")}
          </Button>
          <Button onClick={onStay} data-autofocus>
            {t("leave.stay")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
