import { data, type Room } from "@meydan/client";
import { queryOptions } from "@tanstack/react-query";
import { api } from "./session";

/** The rooms this person may see, the liveliest first: shown on the square, in the rooms, and in the rail's badge. */
export const roomsQuery = queryOptions({
  queryKey: ["rooms"],
  queryFn: async (): Promise<readonly Room[]> => (await data(api.GET("/api/v1/sohbet/odalar"))).odalar,
  refetchInterval: 30_000,
});
