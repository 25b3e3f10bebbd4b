import { Mark } from "@/components/Mark";

export const place = { to: "/", label: { tr: "Meydan", en: "Square" }, icon: Mark } as const;
