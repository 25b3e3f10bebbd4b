import { House } from "lucide-react";

export const place = { to: "/", label: { tr: "Meydan", en: "Square" }, icon: House } as const;
