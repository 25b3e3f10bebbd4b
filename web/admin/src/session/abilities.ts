import { data } from "@meydan/client";
import { queryOptions } from "@tanstack/react-query";
import { api } from "./session";

/** What this square lets a stranger do now. */
export const abilitiesQuery = queryOptions({
  queryKey: ["abilities"],
  queryFn: () => data(api.GET("/yetenekler")),
  staleTime: 60_000,
});
