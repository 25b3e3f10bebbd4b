import { bodies } from "@meydan/client/bodies";
import { describe, expect, it } from "vitest";
import { type RuleKind, rulesOf, suggested } from "./rules";

const schema = bodies["POST /api/v1/auth/register"];
const unmet = (field: string, value: string, username = ""): RuleKind[] =>
  rulesOf(schema, field, value, username)
    .filter((rule) => rule.met === false)
    .map((rule) => rule.kind);

describe("the rules of a new account", () => {
  it("are those the API publishes", () => {
    expect(rulesOf(schema, "username", "").map((rule) => rule.kind)).toEqual([
      "length",
      "characters",
      "start",
      "reserved",
    ]);
    expect(rulesOf(schema, "username", "")[0]?.values).toEqual({ least: 3, most: 32 });
    expect(rulesOf(schema, "password", "")[0]?.values).toEqual({ least: 10, most: 128 });
    expect(rulesOf(schema, "name", "")).toEqual([]);
    for (const body of ["POST /api/v1/auth/owner", "POST /api/v1/users"] as const) {
      expect(rulesOf(bodies[body], "username", "")).toEqual(rulesOf(schema, "username", ""));
    }
    expect(rulesOf(bodies["POST /api/v1/auth/password"], "new", "")).toEqual(rulesOf(schema, "password", ""));
  });

  it.each<[string, RuleKind[]]>([
    ["", ["length", "characters", "start", "reserved"]],
    ["ab", ["length"]],
    ["ayse", []],
    ["ayse.k-1_x", []],
    ["Ayşe", ["characters", "start"]],
    ["ayşe", ["characters"]],
    ["-ayse", ["start"]],
    ["ayse kaya", ["characters"]],
    ["a".repeat(33), ["length"]],
    ["admin", ["reserved"]],
    ["adm1n", ["reserved"]],
    ["ad-rnin", ["reserved"]],
    ["y0net1c1", ["reserved"]],
    ["misafir-7k2f9q", ["reserved"]],
    ["adminimsi", []],
  ])("tick for the username %j", (value, wanted) => {
    expect(unmet("username", value)).toEqual(wanted);
  });

  it("leave an owner the words that speak for the square, but not its own name", () => {
    const met = (value: string) =>
      rulesOf(bodies["POST /api/v1/auth/owner"], "username", value).find((rule) => rule.kind === "reserved")?.met;
    expect([met("sahip"), met("admin"), met("meydan"), met("s1stem")]).toEqual([true, true, false, false]);
  });

  it.each<[string, RuleKind[]]>([
    ["kisa", ["length"]],
    ["uzun ve akılda kalır", []],
    ["Isil.Sahin", ["not-username"]],
    ["😀".repeat(10), []],
  ])("tick for the password %j", (value, wanted) => {
    expect(unmet("password", value, "isil.sahin")).toEqual(wanted);
    expect(rulesOf(schema, "password", value).at(-1)).toEqual({ kind: "not-common", met: null, values: {} });
  });

  it.each([
    ["Işıl Şahin", "isil-sahin"],
    ["Ayşe", "ayse"],
    ["ayse", ""],
    ["!!", ""],
  ])("offer for %j the nearest name that fits", (value, near) => {
    expect(suggested(schema, "username", value)).toBe(near);
  });
});
