/** Every address of the panel. A route says where; what is there lives in `features/`. */

import type { Permission } from "@meydan/client";
import {
  createRootRoute,
  createRoute,
  createRouter,
  defaultStringifySearch,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { toPeopleSearch } from "@/features/people/search";
import { toSignInSearch } from "@/features/signin/search";
import { toAuditSearch } from "@/features/system/search";
import { toOutboxSearch } from "@/features/telegram/outbox/search";
import { Crash, Guard, NotFound, Root } from "./Root";

const root = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: Crash });

const square = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/square/SquarePage"), "SquarePage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/giris",
  validateSearch: toSignInSearch,
  component: lazyRouteComponent(() => import("@/features/signin/SignInPage"), "SignInPage"),
});

const register = createRoute({
  getParentRoute: () => root,
  path: "/kayit",
  validateSearch: toSignInSearch,
  component: lazyRouteComponent(() => import("@/features/signin/RegisterPage"), "RegisterPage"),
});

const claim = createRoute({
  getParentRoute: () => root,
  path: "/kurulum",
  component: lazyRouteComponent(() => import("@/features/signin/ClaimPage"), "ClaimPage"),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: "/davet",
  component: lazyRouteComponent(() => import("@/features/rooms/InvitationPage"), "InvitationPage"),
});

const rooms = createRoute({
  getParentRoute: () => root,
  path: "/odalar",
  component: lazyRouteComponent(() => import("@/features/rooms/RoomsPage"), "RoomsPage"),
});

const room = createRoute({
  getParentRoute: () => root,
  path: "/oda/$odaId",
  validateSearch: (search: Record<string, unknown>): { ileti?: string } =>
    typeof search.ileti === "string" ? { ileti: search.ileti } : {},
  component: lazyRouteComponent(() => import("@/features/rooms/RoomsPage"), "RoomsPage"),
});

function guarded(needs: Permission | null) {
  return createRoute({
    getParentRoute: () => root,
    id: needs ?? "signed-in",
    component: () => <Guard needs={needs} />,
  });
}

const signedIn = guarded(null);
const usersRead = guarded("users:read");
const systemRead = guarded("system:read");
const auditRead = guarded("audit:read");
const telegramRead = guarded("telegram:read");

const people = createRoute({
  getParentRoute: () => usersRead,
  path: "/kisiler",
  validateSearch: toPeopleSearch,
  component: lazyRouteComponent(() => import("@/features/people/PeoplePage"), "PeoplePage"),
});

const profile = createRoute({
  getParentRoute: () => signedIn,
  path: "/ben",
  component: lazyRouteComponent(() => import("@/features/profile/ProfilePage"), "ProfilePage"),
});

const sessions = createRoute({
  getParentRoute: () => signedIn,
  path: "/ben/oturumlar",
  component: lazyRouteComponent(() => import("@/features/profile/SessionsPage"), "SessionsPage"),
});

const keys = createRoute({
  getParentRoute: () => signedIn,
  path: "/ben/anahtarlar",
  component: lazyRouteComponent(() => import("@/features/profile/KeysPage"), "KeysPage"),
});

const health = createRoute({
  getParentRoute: () => systemRead,
  path: "/sistem",
  component: lazyRouteComponent(() => import("@/features/system/HealthPage"), "HealthPage"),
});

const settings = createRoute({
  getParentRoute: () => systemRead,
  path: "/sistem/ayarlar",
  component: lazyRouteComponent(() => import("@/features/system/SettingsPage"), "SettingsPage"),
});

const audit = createRoute({
  getParentRoute: () => auditRead,
  path: "/sistem/denetim",
  validateSearch: toAuditSearch,
  component: lazyRouteComponent(() => import("@/features/system/AuditPage"), "AuditPage"),
});

const bots = createRoute({
  getParentRoute: () => telegramRead,
  path: "/telegram",
  component: lazyRouteComponent(() => import("@/features/telegram/bots/BotsPage"), "BotsPage"),
});

const bot = createRoute({
  getParentRoute: () => telegramRead,
  path: "/telegram/bot/$botId",
  component: lazyRouteComponent(() => import("@/features/telegram/bot/BotPage"), "BotPage"),
});

const chats = createRoute({
  getParentRoute: () => telegramRead,
  path: "/telegram/sohbetler",
  component: lazyRouteComponent(() => import("@/features/telegram/chats/ChatsPage"), "ChatsPage"),
});

const chat = createRoute({
  getParentRoute: () => telegramRead,
  path: "/telegram/sohbetler/$chatId",
  component: lazyRouteComponent(() => import("@/features/telegram/chats/ChatsPage"), "ChatsPage"),
});

const outbox = createRoute({
  getParentRoute: () => telegramRead,
  path: "/telegram/giden",
  validateSearch: toOutboxSearch,
  component: lazyRouteComponent(() => import("@/features/telegram/outbox/OutboxPage"), "OutboxPage"),
});

const accounts = createRoute({
  getParentRoute: () => telegramRead,
  path: "/telegram/oturumlar",
  component: lazyRouteComponent(() => import("@/features/telegram/sessions/SessionsPage"), "SessionsPage"),
});

const numbers = createRoute({
  getParentRoute: () => systemRead,
  path: "/telegram/olcumler",
  component: lazyRouteComponent(() => import("@/features/telegram/numbers/NumbersPage"), "NumbersPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    square,
    signIn,
    register,
    claim,
    invitation,
    rooms,
    room,
    usersRead.addChildren([people]),
    signedIn.addChildren([profile, sessions, keys]),
    systemRead.addChildren([health, settings, numbers]),
    auditRead.addChildren([audit]),
    telegramRead.addChildren([bots, bot, chats, chat, outbox, accounts]),
  ]),
  // A slash needs no escape behind the question mark, and an address that one can read can be trusted.
  stringifySearch: (search) => defaultStringifySearch(search).replaceAll("%2F", "/"),
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
