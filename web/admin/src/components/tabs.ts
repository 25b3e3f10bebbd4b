/** The tab of an address: its own, or that of the page it lies under. */
export function openTab<T extends { to: string }>(tabs: readonly T[], pathname: string): T | undefined {
  const above = tabs.filter(({ to }) => pathname === to || pathname.startsWith(`${to}/`));
  return above.sort((a, b) => b.to.length - a.to.length)[0];
}
