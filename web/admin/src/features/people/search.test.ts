import { expect, it } from "vitest";
import { toPeopleSearch } from "./search";

it("reads the order from an address and drops what it does not know", () => {
  expect(toPeopleSearch({ sirala: "-last_seen_at" })).toEqual({ sirala: "-last_seen_at" });
  for (const sirala of ["name", "id", "password", 5, null, undefined, ["-name"]]) {
    expect(toPeopleSearch({ sirala })).toEqual({});
  }
});
