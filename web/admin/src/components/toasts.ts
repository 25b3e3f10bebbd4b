import { createStore } from "@/session/store";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: "info" | "problem";
  readonly action?: { readonly label: string; readonly run: () => void };
}

export const toasts = createStore<readonly Toast[]>([]);
let ids = 0;

/** Say something in passing; problems stay longer, and so does what can be undone. */
export function toast(
  text: string,
  options: { kind?: Toast["kind"]; action?: Toast["action"]; seconds?: number } = {},
): () => void {
  ids += 1;
  const { kind = "info" } = options;
  const entry: Toast = { id: ids, text, kind, ...(options.action ? { action: options.action } : {}) };
  toasts.set([...toasts.get().slice(-3), entry]);
  const close = () => closeToast(entry.id);
  setTimeout(close, (options.seconds ?? (kind === "problem" || options.action ? 8 : 4)) * 1000);
  return close;
}

export function closeToast(id: number): void {
  toasts.set(toasts.get().filter((entry) => entry.id !== id));
}
