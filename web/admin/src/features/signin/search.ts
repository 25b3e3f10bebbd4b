/** Where to go after a sign-in, as the address says it. */
export interface SignInSearch {
  sonra?: string;
}

const HERE = "https://meydan.invalid";

/** Read an address; it may come from anywhere, and must not lead elsewhere. */
export function toSignInSearch({ sonra }: Record<string, unknown>): SignInSearch {
  if (typeof sonra !== "string" || !sonra.startsWith("/") || !URL.canParse(sonra, HERE)) return {};
  const { origin, pathname, search, hash } = new URL(sonra, HERE);
  return origin === HERE && !pathname.startsWith("//") ? { sonra: pathname + search + hash } : {};
}
