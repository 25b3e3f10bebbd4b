/** Where to go after a sign-in, as the address says it; the fragment of that place is the address's own. */
export interface SignInSearch {
  sonra?: string;
}

const SIGN_IN = new Set(["/giris", "/kayit"]);
const HERE = "https://meydan.invalid";

/** Read an address; it may come from anywhere, and must not lead elsewhere. */
export function toSignInSearch({ sonra }: Record<string, unknown>): SignInSearch {
  if (typeof sonra !== "string" || !sonra.startsWith("/") || !URL.canParse(sonra, HERE)) return {};
  const { origin, pathname, search, searchParams } = new URL(sonra, HERE);
  // Never the way in behind the way in: what lies behind that one counts.
  if (SIGN_IN.has(pathname)) return toSignInSearch({ sonra: searchParams.get("sonra") });
  return origin === HERE && !pathname.startsWith("//") ? { sonra: pathname + search } : {};
}
