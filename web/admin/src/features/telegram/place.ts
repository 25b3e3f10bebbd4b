import { Send } from "lucide-react";

export const place = {
  to: "/telegram",
  also: ["/telegram/"],
  label: { tr: "Telegram", en: "Telegram" },
  icon: Send,
  needs: "telegram:read",
} as const;
