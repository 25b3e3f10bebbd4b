import { VisuallyHidden } from "@mantine/core";
import { Check, Circle, CircleDashed } from "lucide-react";
import { defineTexts } from "@/text/locale";
import { useText } from "@/text/useText";
import styles from "./Rules.module.css";
import { rulesOf, suggested } from "./rules";

const texts = defineTexts({
  tr: {
    length: "{least}–{most} karakter",
    characters: "Küçük harf (a–z), rakam, nokta, tire ve alt çizgi",
    start: "Harf ya da rakamla başlar",
    reserved: "Meydanın kendisine ayrılmış bir ad değil",
    "not-username": "Kullanıcı adınızdan başka",
    "not-common": "Çok kullanılan bir parola değil",
    met: "tamam",
    unmet: "henüz değil",
    offer: "“{near}” olsun",
  },
  en: {
    length: "{least} to {most} characters",
    characters: "Small letters (a–z), digits, dot, hyphen and underscore",
    start: "Begins with a letter or digit",
    reserved: "Not a name kept for the square itself",
    "not-username": "Not your username",
    "not-common": "Not a very common password",
    met: "done",
    unmet: "not yet",
    offer: "Use “{near}”",
  },
});

interface Props {
  id: string;
  schema: unknown;
  field: string;
  value: string;
  username?: string;
  onOffer?: (near: string) => void;
}

/** What is asked of a field, all at once, ticked while one types; and the nearest value that fits. */
export function Rules({ id, schema, field, value, username = "", onOffer }: Props) {
  const t = useText(texts);
  const near = onOffer ? suggested(schema, field, value) : "";
  return (
    <ul className={styles.rules} id={id}>
      {rulesOf(schema, field, value, username).map(({ kind, met, values }) => (
        <li key={kind} data-met={met || undefined}>
          {met ? (
            <Check size={13} strokeWidth={3} aria-hidden="true" />
          ) : met === null ? (
            <CircleDashed size={13} aria-hidden="true" />
          ) : (
            <Circle size={13} aria-hidden="true" />
          )}
          <span>
            {t(kind, values)}
            {met !== null && <VisuallyHidden>: {t(met ? "met" : "unmet")}</VisuallyHidden>}
          </span>
        </li>
      ))}
      {near && onOffer && (
        <li>
          <button type="button" className={styles.offer} onClick={() => onOffer(near)}>
            {t("offer", { near })}
          </button>
        </li>
      )}
    </ul>
  );
}
