import { MessagesSquare } from "lucide-react";
import { UnreadBadge } from "./UnreadBadge";

export const place = {
  to: "/odalar",
  also: ["/oda/"],
  label: { tr: "Odalar", en: "Rooms" },
  icon: MessagesSquare,
  Badge: UnreadBadge,
} as const;
