import { describe, expect, it } from "vitest";
import { openTab } from "./tabs";

const tabs = ["/telegram", "/telegram/sohbetler", "/telegram/giden"].map((to) => ({ to }));

describe("the open tab", () => {
  it.each([
    ["/telegram", "/telegram"],
    ["/telegram/bot/7", "/telegram"],
    ["/telegram/sohbetler", "/telegram/sohbetler"],
    ["/telegram/sohbetler/-100123", "/telegram/sohbetler"],
    ["/telegramlar", undefined],
    ["/odalar", undefined],
  ])("of %s is %s", (pathname, tab) => {
    expect(openTab(tabs, pathname)?.to).toBe(tab);
  });
});
