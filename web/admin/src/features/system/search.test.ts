import { expect, it } from "vitest";
import { toAuditSearch } from "./search";

it("reads the order from an address and drops what it does not know", () => {
  expect(toAuditSearch({ sirala: "at", dahasi: 1 })).toEqual({ sirala: "at" });
  for (const sirala of ["-at", "id", 5, null, undefined]) expect(toAuditSearch({ sirala })).toEqual({});
});
