import { ApiError } from "@meydan/client";
import { useText } from "@/text/useText";
import { texts } from "./texts";
import { toast } from "./toasts";

/** Return what says in passing why something was refused. */
export function useComplain(): (error: unknown) => void {
  const t = useText(texts);
  return (error) => {
    const away = error instanceof ApiError && error.status === 0;
    const said = error instanceof ApiError && !away && error.detail;
    toast(said || t(away ? "network.detail" : "unknown.detail"), { kind: "problem" });
  };
}
