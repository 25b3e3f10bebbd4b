import { Button, Checkbox, Select, Textarea } from "@mantine/core";
import { ApiError, data, type TelegramBot } from "@meydan/client";
import { bodies } from "@meydan/client/bodies";
import { useMutation } from "@tanstack/react-query";
import { SendHorizontal } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { useFields } from "@/components/form";
import { FormProblem } from "@/components/States";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { refresh } from "../queries";
import styles from "./Composer.module.css";
import { FileChoice, upload } from "./FileChoice";
import type { GatheredChat } from "./gather";
import { texts } from "./texts";

const ANY = "any";
const GENERAL = "general";
const LONG = 4_096;
const MOST_BOTS = 50;
const ABOUT_TEXT: ReadonlySet<string> = new Set(["telegram_bicimi_bozuk", "telegram_metni_uzun"]);
const PRIORITIES = ["low", "normal", "high"] as const;
const FORMATS = ["plain", "HTML", "MarkdownV2"] as const;
const SCHEMA = { properties: bodies["POST /api/v1/telegram/outbox"].properties, required: ["text"] };
const BLANK = {
  text: "",
  who: ANY,
  topic: GENERAL,
  priority: "normal" as (typeof PRIORITIES)[number],
  format: "plain" as (typeof FORMATS)[number],
  silent: false,
  file: null as File | null,
};

/** Say something in a chat; it goes into the outbox, and from there when the budget permits. */
export function Composer({ chat, bots }: { chat: GatheredChat; bots: readonly TelegramBot[] }) {
  const t = useText(texts);
  const form = useFields(BLANK, SCHEMA);
  const [problem, setProblem] = useState<unknown>(null);
  const key = useRef(newKey());
  const { text, who, topic, priority, format, silent, file } = form.values;
  const change = <K extends keyof typeof BLANK>(name: K, value: (typeof BLANK)[K]) => {
    form.set(name, value);
    setProblem(null);
    key.current = newKey();
  };
  const send = useMutation({
    mutationFn: async (said: string) => {
      const attached = file ? await upload(file) : {};
      return data(
        api.POST("/api/v1/telegram/outbox", {
          body: {
            bot_ids: who === ANY ? bots.slice(0, MOST_BOTS).map((bot) => bot.id) : [who],
            chat_id: chat.id,
            text: said,
            parse_mode: format === "plain" ? null : format,
            thread_id: topic === GENERAL ? null : Number(topic),
            priority,
            silent,
            request_key: key.current,
            ...attached,
          },
        }),
      );
    },
    onSuccess: (_, said) => {
      if (text === said) change("text", ""); // somebody may be at the next one already
      change("file", null);
      void refresh();
    },
    onError: (error) => setProblem(form.refused(error)),
  });
  if (bots.length === 0) return <p className={styles.nobody}>{t("write.nobody")}</p>;

  const submit = () => {
    setProblem(null);
    if (!send.isPending && (file || form.check())) send.mutate(text);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  const atText = problem instanceof ApiError && ABOUT_TEXT.has(problem.code) ? problem.detail : undefined;
  return (
    <form
      noValidate
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        name="text"
        aria-label={t("write")}
        placeholder={t("write.placeholder", { title: chat.title })}
        autosize
        minRows={2}
        maxRows={12}
        value={text}
        error={form.errors.text ?? atText}
        {...(text.length > LONG ? { description: t("write.long", { n: text.length }) } : {})}
        inputWrapperOrder={["input", "description", "error"]}
        onChange={(event) => change("text", event.currentTarget.value)}
        onKeyDown={pressed}
      />
      <div className={styles.choices}>
        <Select
          label={t("bot")}
          allowDeselect={false}
          value={who}
          data={[{ value: ANY, label: t("bot.free") }, ...bots.map((bot) => ({ value: bot.id, label: bot.name }))]}
          onChange={(value) => value && change("who", value)}
        />
        {chat.kind === "forum" && (
          <Select
            label={t("topic")}
            allowDeselect={false}
            value={topic}
            data={[
              { value: GENERAL, label: t("topic.general") },
              ...chat.topics.map(({ thread_id, name }) => ({ value: String(thread_id), label: name })),
            ]}
            onChange={(value) => value && change("topic", value)}
          />
        )}
        <Select
          label={t("priority")}
          allowDeselect={false}
          value={priority}
          data={PRIORITIES.map((value) => ({ value, label: t(`priority.${value}`) }))}
          onChange={(value) => value && change("priority", value as typeof priority)}
        />
        <Select
          label={t("format")}
          allowDeselect={false}
          value={format}
          data={FORMATS.map((value) => ({ value, label: value === "plain" ? t("format.plain") : value }))}
          onChange={(value) => value && change("format", value as typeof format)}
        />
      </div>
      <FormProblem error={atText === undefined ? problem : null} />
      <div className={styles.foot}>
        <FileChoice file={file} onChange={(chosen) => change("file", chosen)} />
        <Checkbox
          label={t("silent")}
          checked={silent}
          onChange={(event) => change("silent", event.currentTarget.checked)}
        />
        <span className="visually-hidden" role="status">
          {send.isSuccess && text === "" ? t("queued") : ""}
        </span>
        <span className={styles.hint}>{t("send.hint")}</span>
        <Button type="submit" loading={send.isPending} leftSection={<SendHorizontal size={16} />}>
          {t("send")}
        </Button>
      </div>
    </form>
  );
}

/** The same words sent again after a lost answer are one send; other words are another. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
