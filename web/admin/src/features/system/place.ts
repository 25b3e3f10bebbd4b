import { Activity } from "lucide-react";

export const place = {
  to: "/sistem",
  also: ["/sistem/"],
  label: { tr: "Sistem", en: "System" },
  icon: Activity,
  needs: "system:read",
} as const;
