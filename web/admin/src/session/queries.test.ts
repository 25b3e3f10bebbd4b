import { QueryObserver } from "@tanstack/react-query";
import { afterEach, describe, expect, it } from "vitest";
import { askAgain, queries } from "./queries";

describe("askAgain", () => {
  afterEach(() => queries.clear());

  it("asks once more when the first answer is still on its way, however often it is called", async () => {
    const answers: ((value: string) => void)[] = [];
    const queryFn = () => new Promise<string>((answer) => answers.push(answer));
    const stop = new QueryObserver(queries, { queryKey: ["list"], queryFn }).subscribe(() => {});
    const asked = [askAgain(["list"]), askAgain(["list"])];
    expect(answers).toHaveLength(1);
    answers[0]?.("old");
    await expect.poll(() => answers).toHaveLength(2);
    answers[1]?.("new");
    await Promise.all(asked);
    expect(queries.getQueryData(["list"])).toBe("new");
    stop();
  });

  it("asks again after a first answer that failed", async () => {
    let times = 0;
    const queryFn = () => (++times === 1 ? Promise.reject(new Error("away")) : Promise.resolve("there"));
    const stop = new QueryObserver(queries, { queryKey: ["list"], queryFn, retry: false }).subscribe(() => {});
    await askAgain(["list"]);
    expect(queries.getQueryData(["list"])).toBe("there");
    stop();
  });
});
