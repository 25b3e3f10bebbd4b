import { data } from "@meydan/client";
import { queryOptions } from "@tanstack/react-query";
import { api } from "./session";

const PAGE = "/davet#";

/** Where an invitation leads and who gives it; the code never stands in an address that a server sees. */
export function invitationQuery(code: string) {
  return queryOptions({
    queryKey: ["invitation", code],
    queryFn: () => data(api.POST("/api/v1/sohbet/davet-bak", { body: { kod: code } })),
    enabled: code !== "",
    retry: false,
    staleTime: 60_000,
  });
}

/** The code in an address within the panel, such as a sign-in's way back, or nothing. */
export function codeIn(address: string | undefined): string {
  if (!address?.startsWith(PAGE)) return "";
  try {
    return decodeURIComponent(address.slice(PAGE.length));
  } catch {
    return ""; // cut off in the middle of an escape
  }
}
