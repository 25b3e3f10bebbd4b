/** What the browser keeps for this page. One that keeps nothing, or no more, is gone on with: what stands in memory lasts. */

export const kept = { here: area(() => localStorage), inTab: area(() => sessionStorage) };

function area(find: () => Storage) {
  return {
    get: (key: string): string | null => attempt(() => find().getItem(key)) ?? null,
    set: (key: string, value: string): void => attempt(() => find().setItem(key, value)),
    remove: (key: string): void => attempt(() => find().removeItem(key)),
  };
}

/** Even naming a storage throws where a person has switched it off. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
