import { describe, expect, it } from "vitest";
import { toSignInSearch } from "./search";

describe("the way back after a sign-in", () => {
  it.each(["/oda/genel", "/oda/genel?ileti=0f", "/davet", "/"])("leads to %s", (sonra) => {
    expect(toSignInSearch({ sonra })).toEqual({ sonra });
  });

  it.each([
    "https://example.com",
    "//example.com",
    "/\\example.com",
    "/\t/example.com",
    "//",
    "/.//example.com",
    "oda",
    "",
    7,
    undefined,
  ])("does not lead to %s", (sonra) => {
    expect(toSignInSearch({ sonra })).toEqual({});
  });

  it("takes no fragment into what servers see", () => {
    expect(toSignInSearch({ sonra: "/davet#kod" })).toEqual({ sonra: "/davet" });
  });

  it("unwraps a sign-in that leads to a sign-in", () => {
    const nested = (sonra: string, page = "/giris") => `${page}?sonra=${encodeURIComponent(sonra)}`;
    expect(toSignInSearch({ sonra: nested(nested("/oda/genel?ileti=7", "/kayit")) })).toEqual({
      sonra: "/oda/genel?ileti=7",
    });
    expect(toSignInSearch({ sonra: nested("//evil.example") })).toEqual({});
    expect(toSignInSearch({ sonra: "/giris" })).toEqual({});
  });
});
