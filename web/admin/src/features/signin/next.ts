import { useLocation } from "@tanstack/react-router";
import type { SignInSearch } from "./search";

/** Where a sign-in leads to, and what its pages hand on to each other. A fragment stays one: no server sees it. */
export function useNext({ sonra }: SignInSearch) {
  const { hash } = useLocation();
  return {
    next: sonra && (hash ? `${sonra}#${hash}` : sonra),
    way: { search: sonra ? { sonra } : {}, hash },
  };
}
