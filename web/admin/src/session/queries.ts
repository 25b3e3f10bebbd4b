import { ApiError } from "@meydan/client";
import { hashKey, QueryClient, type QueryKey } from "@tanstack/react-query";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
    },
  },
});

const waiting = new Set<string>();

/**
 * Ask anew. What is on its way may be older than what was just heard, and TanStack Query takes a first answer on its way
 * for the new one: wait for it, then ask.
 */
export async function askAgain(queryKey: QueryKey): Promise<void> {
  const key = hashKey(queryKey);
  if (waiting.has(key)) return;
  waiting.add(key);
  await queries.refetchQueries({ queryKey, fetchStatus: "fetching" }, { cancelRefetch: false });
  waiting.delete(key);
  await queries.invalidateQueries({ queryKey });
}
