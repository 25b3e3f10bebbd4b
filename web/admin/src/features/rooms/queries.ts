import { data } from "@meydan/client";
import { queryOptions } from "@tanstack/react-query";
import { api } from "@/session/session";

export const membersQuery = (room: string) =>
  queryOptions({
    queryKey: ["members", room],
    queryFn: async () =>
      (await data(api.GET("/api/v1/sohbet/odalar/{oda_id}/uyeler", { params: { path: { oda_id: room } } }))).uyeler,
  });

export const invitationsQuery = (room: string) =>
  queryOptions({
    queryKey: ["invitations", room],
    queryFn: async () =>
      (await data(api.GET("/api/v1/sohbet/odalar/{oda_id}/davetler", { params: { path: { oda_id: room } } }))).davetler,
  });

export const archiveQuery = queryOptions({
  queryKey: ["archive"],
  queryFn: async () => (await data(api.GET("/api/v1/sohbet/arsiv"))).odalar,
});
