import { createStore } from "@/session/store";

export const helpOpen = createStore(false);

export function openHelp(): void {
  helpOpen.set(true);
}
