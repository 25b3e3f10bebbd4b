import { ActionIcon, Button, FileButton } from "@mantine/core";
import { data } from "@meydan/client";
import { Paperclip, X } from "lucide-react";
import { api } from "@/session/session";
import { bytes } from "@/text/format";
import { useLocale, useText } from "@/text/useText";
import styles from "./Composer.module.css";
import { texts } from "./texts";

/** A file to go with the text, chosen and not sent yet. */
export function FileChoice({ file, onChange }: { file: File | null; onChange: (file: File | null) => void }) {
  const t = useText(texts);
  const locale = useLocale();
  if (file) {
    return (
      <span className={styles.file}>
        <Paperclip size={15} aria-hidden="true" />
        <span>{file.name}</span>
        <small className="numbers">{bytes(locale, file.size)}</small>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={t("file.remove")}
          onClick={() => onChange(null)}
        >
          <X size={15} />
        </ActionIcon>
      </span>
    );
  }
  return (
    <FileButton onChange={onChange}>
      {(props) => (
        <Button {...props} variant="subtle" color="gray" size="sm" leftSection={<Paperclip size={16} />}>
          {t("file")}
        </Button>
      )}
    </FileButton>
  );
}

/** Hand a file over, and return how a send names it. */
export async function upload(file: File): Promise<{ media: string; attachment: "photo" | "voice" | "document" }> {
  const form = new FormData();
  form.append("file", file);
  const { id } = await data(
    api.POST("/api/v1/telegram/media", { body: { file: file.name }, bodySerializer: () => form }),
  );
  return { media: id, attachment: attachmentOf(file.type) };
}

/** Telegram shows pictures and voices as such; everything else is a document. */
function attachmentOf(type: string): "photo" | "voice" | "document" {
  if (["image/jpeg", "image/png", "image/webp"].includes(type)) return "photo";
  return type === "audio/ogg" ? "voice" : "document";
}
