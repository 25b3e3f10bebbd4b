/** The places of the rail. A later part adds its place here and its routes in `routes.tsx`; nothing else changes. */

import type { Permission } from "@meydan/client";
import type { ComponentType } from "react";
import { place as people } from "@/features/people/place";
import { place as rooms } from "@/features/rooms/place";
import { place as square } from "@/features/square/place";
import { place as system } from "@/features/system/place";
import { place as telegram } from "@/features/telegram/place";

export interface Place {
  readonly to: string;
  /** Address beginnings that belong to this place too. */
  readonly also?: readonly string[];
  readonly label: { readonly tr: string; readonly en: string };
  readonly icon: ComponentType<{ size?: number }>;
  readonly needs?: Permission;
  /** A number or mark beside the icon. */
  readonly Badge?: ComponentType;
}

export const places: readonly Place[] = [square, rooms, telegram, people, system];
