import type { Notice, NoticePage } from "@meydan/client";
import { QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, it } from "vitest";
import { queries } from "@/session/queries";
import { asRead, lookAgain, noticesKey } from "./shown";

const page = (...notices: [id: string, okundu: boolean][]): NoticePage => ({
  bildirimler: notices.map(([id, okundu]) => ({ id, okundu }) as Notice),
  okunmamis: notices.filter(([, okundu]) => !okundu).length,
});

afterEach(() => queries.clear());

it("looks once more when a notice is marked while the look that the welcome asked for is on its way", async () => {
  const answers: ((value: NoticePage) => void)[] = [];
  const queryFn = () => new Promise<NoticePage>((answer) => answers.push(answer));
  queries.setQueryData(noticesKey, page(["a", false]));
  const stop = new QueryObserver(queries, { queryKey: noticesKey, queryFn, staleTime: 60_000 }).subscribe(() => {});
  lookAgain();
  await expect.poll(() => answers).toHaveLength(1);
  asRead(["a"]);
  expect(queries.getQueryData(noticesKey)).toEqual(page(["a", true]));
  answers[0]?.(page(["b", false], ["a", false])); // read before the mark arrived
  await expect.poll(() => answers).toHaveLength(2);
  const known = page(["b", false], ["a", true]);
  answers[1]?.(known);
  await expect.poll(() => queries.getQueryData(noticesKey)).toEqual(known);
  stop();
});
