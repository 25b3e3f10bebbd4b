import type { Notice, NoticePage } from "@meydan/client";
import { describe, expect, it } from "vitest";
import { given, read, takenBack } from "./page";

const notice = (id: string, okundu = false): Notice => ({ id, okundu }) as Notice;
const page = (okunmamis: number, ...bildirimler: Notice[]): NoticePage => ({ bildirimler, okunmamis });

describe("what the bell shows", () => {
  const known = page(5, notice("d"), notice("b", true), notice("a"));

  it("takes in a notice once, where it belongs", () => {
    const ids = (after: NoticePage) => after.bildirimler.map(({ id }) => id).join("");
    expect(ids(given(known, notice("e")))).toBe("edba");
    expect(ids(given(known, notice("c")))).toBe("dcba");
    expect(given(known, notice("c")).okunmamis).toBe(6);
    expect(given(known, notice("c", true)).okunmamis).toBe(5);
    expect(given(known, notice("b"))).toBe(known);
  });

  it("loses what was taken back, and counts what of it was unread", () => {
    expect(takenBack(known, ["d", "b", "z"])).toEqual(page(4, notice("a")));
    expect(takenBack(page(0, notice("d")), ["d"])).toEqual(page(0));
  });

  it("counts what was read elsewhere once", () => {
    const after = read(known, ["d", "b"]);
    expect(after).toEqual(page(4, notice("d", true), notice("b", true), notice("a")));
    expect(read(after, ["d", "b"])).toEqual(after);
    expect(read(known, null).okunmamis).toBe(0);
  });
});
