import { ApiError } from "@meydan/client";
import { texts } from "@/components/texts";
import { toast } from "@/components/toasts";
import { useText } from "@/text/useText";

/** Return what says in passing why something was refused. */
export function useComplain(): (error: unknown) => void {
  const t = useText(texts);
  return (error) => {
    const away = error instanceof ApiError && error.status === 0;
    const said = error instanceof ApiError && !away && error.detail;
    toast(said || t(away ? "network.detail" : "unknown.detail"), { kind: "problem" });
  };
}
