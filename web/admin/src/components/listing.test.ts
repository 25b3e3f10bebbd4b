import { describe, expect, it } from "vitest";
import { byName, latestFirst, listed } from "./listing";

describe("listed", () => {
  const rows = ["Işık", "çınar", "İnci", "Kişi 10", "Kişi 9", "cem"];
  const shown = (typed: string) => listed(rows, typed, (row) => row, byName);

  it("finds every spelling and sorts as Turkish does", () => {
    expect(shown("")).toEqual(["cem", "çınar", "Işık", "İnci", "Kişi 9", "Kişi 10"]);
    expect(shown(" isik ")).toEqual(["Işık"]);
    expect(shown("yok")).toEqual([]);
  });

  it("puts the latest first and what never was last", () => {
    const moments = [null, "2026-11-20T15:04:00Z", undefined, "2026-11-21T15:04:00Z"];
    expect(moments.toSorted(latestFirst)).toEqual(["2026-11-21T15:04:00Z", "2026-11-20T15:04:00Z", null, undefined]);
    expect([null, "2026-11-20T15:04:00Z"].toSorted(latestFirst)).toEqual(["2026-11-20T15:04:00Z", null]);
  });
});
