import { UsersRound } from "lucide-react";

export const place = {
  to: "/kisiler",
  label: { tr: "Kişiler", en: "People" },
  icon: UsersRound,
  needs: "users:read",
} as const;
