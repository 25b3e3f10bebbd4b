import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";

/** Read page after page while a list is `wanted` whole: in a search, or in another order, any row may come first. */
export function useWhole<T extends UseInfiniteQueryResult>(list: T, wanted: boolean): T {
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = list;
  const go = wanted && hasNextPage && !isFetching && !isFetchNextPageError;
  useEffect(() => {
    if (go) void fetchNextPage();
  }, [go, fetchNextPage]);
  return list;
}
