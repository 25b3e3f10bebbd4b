/**
 * Who is here. The access token lives in memory only; the refresh token is a cookie that scripts cannot read. A guest
 * has neither account nor cookie: the token stays in this tab's session storage, so that a reload keeps the guest.
 */

import { type ApiError, createApi, data, type Me, type Permission, type Tokens, type User } from "@meydan/client";
import { kept } from "./kept";
import { preferences } from "./preferences";
import { queries } from "./queries";
import { createStore, useStore } from "./store";

export type Session =
  | { readonly status: "starting" }
  /** `ended`: somebody was in, and the server no longer knows their sign-in. */
  | { readonly status: "anonymous"; readonly ended: boolean; readonly suspended?: boolean }
  | {
      readonly status: "in";
      readonly user: User;
      readonly permissions: readonly Permission[];
      readonly guest: boolean;
    };

const SIGNED_IN = "meydan.signed-in";
const GUEST = "meydan.guest";
const GUEST_PERMISSIONS: readonly Permission[] = ["rooms:read", "rooms:write"];
const EARLY_SECONDS = 60;

export const session = createStore<Session>({ status: "starting" });

let accessToken: string | null = null;
let expiresAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let renewing: Promise<string | null> | null = null;
const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("meydan.session");

export const api = createApi({
  baseUrl: location.origin,
  token: () => accessToken,
  renew: () => renew(),
  language: () => preferences.get().locale,
});

export function useSession(): Session {
  return useStore(session);
}

/** The person who is signed in; only for what is rendered inside the shell. */
export function useMe(): Extract<Session, { status: "in" }> {
  const current = useSession();
  if (current.status !== "in") throw new Error("nobody is signed in");
  return current;
}

export function useMay(permission: Permission): boolean {
  const current = useSession();
  return current.status === "in" && current.permissions.includes(permission);
}

/** Find out who is here when the page loads. */
export async function startSession(): Promise<void> {
  tabs?.addEventListener("message", (event) => {
    if (isGuest()) return;
    if (event.data === "signed-out") forget();
    else if (event.data === "signed-in") void renew();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && accessToken && !isGuest() && Date.now() > expiresAt - EARLY_SECONDS * 1000) void renew();
  });
  const guest = keptGuest();
  if (guest) return enterGuest(guest.tokens, guest.until);
  if (kept.here.get(SIGNED_IN) === null) return become({ status: "anonymous", ended: false });
  await renew();
}

/** Take the tokens of a sign-in, a registration or the owner's claim. */
export async function enter(tokens: Tokens): Promise<void> {
  kept.inTab.remove(GUEST);
  kept.here.set(SIGNED_IN, "1");
  keepToken(tokens);
  setMe(await data(api.GET("/api/v1/auth/me")));
  tabs?.postMessage("signed-in");
}

export function enterGuest(tokens: Tokens, until = Date.now() + tokens.expires_in * 1000): void {
  accessToken = tokens.access_token;
  expiresAt = until;
  kept.inTab.set(GUEST, JSON.stringify({ tokens, until }));
  become({ status: "in", user: tokens.user, permissions: GUEST_PERMISSIONS, guest: true });
}

export function setMe(me: Me): void {
  become({ status: "in", user: me, permissions: me.permissions, guest: false });
}

export async function signOut(): Promise<void> {
  if (!isGuest()) {
    try {
      await api.POST("/api/v1/auth/logout");
    } catch {
      // The cookie may be gone already; here the person is signed out in any case.
    }
    tabs?.postMessage("signed-out");
  }
  forget();
}

/** Ask how the sign-in stands, as when the live line was refused. */
export function lookAgain(): void {
  if (session.get().status === "in") void renew();
}

function isGuest(): boolean {
  const current = session.get();
  return current.status === "in" && current.guest;
}

function forget({ ended = false, suspended = false } = {}): void {
  accessToken = null;
  clearTimeout(timer);
  kept.here.remove(SIGNED_IN);
  kept.inTab.remove(GUEST);
  become({ status: "anonymous", ended, suspended });
}

/** Show who is here from now on. What was fetched for somebody else goes once the pages that showed it are gone. */
function become(next: Session): void {
  const before = session.get();
  session.set(next);
  if (before.status === "starting" || who(before) === who(next)) return;
  queueMicrotask(() => {
    queries.removeQueries({ type: "inactive" });
    void queries.resetQueries();
  });
}

function who(one: Session): string | null {
  return one.status === "in" ? `${one.guest}:${one.user.id}` : null;
}

function keepToken(tokens: Tokens): void {
  accessToken = tokens.access_token;
  expiresAt = Date.now() + tokens.expires_in * 1000;
  clearTimeout(timer);
  timer = setTimeout(() => void renew(), Math.max(5, tokens.expires_in - EARLY_SECONDS) * 1000);
}

/** Get a new access token; one request at a time over all tabs, because each use turns the cookie's token over. */
function renew(): Promise<string | null> {
  renewing ??= inTurn(renewNow).finally(() => {
    renewing = null;
  });
  return renewing;
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks ? ((await navigator.locks.request("meydan.refresh", work)) as T) : work();
}

async function renewNow(): Promise<string | null> {
  if (isGuest()) {
    forget();
    return null;
  }
  try {
    const tokens = await data(api.POST("/api/v1/auth/refresh"));
    keepToken(tokens);
    const before = session.get();
    // The cookie is every tab's: somebody else may have signed in beside this one.
    if (before.status !== "in" || before.user.id !== tokens.user.id) setMe(await data(api.GET("/api/v1/auth/me")));
    return tokens.access_token;
  } catch (error) {
    const { status } = error as ApiError;
    if (status === 401 || status === 403 || status === 422) {
      forget({ ended: true, suspended: (error as ApiError).code === "hesap_pasif" });
    } else {
      clearTimeout(timer);
      timer = setTimeout(() => void renew(), 5_000);
      if (session.get().status === "starting") become({ status: "anonymous", ended: false });
    }
    return null;
  }
}

function keptGuest(): { tokens: Tokens; until: number } | null {
  try {
    const guest = JSON.parse(kept.inTab.get(GUEST) ?? "null") as { tokens: Tokens; until: number } | null;
    return guest && guest.until > Date.now() + 5_000 ? guest : null;
  } catch {
    return null;
  }
}
