import { dateTime } from "@/text/format";
import { useLocale } from "@/text/useText";

/** A moment, written out. */
export function Moment({ at, none = "—" }: { at: string | null; none?: string }) {
  const locale = useLocale();
  if (!at) return <span>{none}</span>;
  return (
    <time className="numbers" dateTime={at} style={{ whiteSpace: "nowrap" }}>
      {dateTime(locale, at)}
    </time>
  );
}
