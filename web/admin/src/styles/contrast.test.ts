import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const here = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const css = here("./tokens.css");
const root = fileURLToPath(new URL("..", import.meta.url));
const sheets = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".css"));

type Colour = readonly [number, number, number, number];

function tokens(theme: "light" | "dark"): Map<string, Colour> {
  const [light = "", dark = ""] = css.split("[data-mantine-color-scheme");
  const found = new Map<string, Colour>();
  for (const block of theme === "light" ? [light] : [light, dark]) {
    for (const [, name = "", value = ""] of block.matchAll(/--([\w-]+):\s*([^;]+);/g)) {
      const colour = parse(value.trim());
      if (colour) found.set(name, colour);
    }
  }
  return found;
}

function parse(value: string): Colour | null {
  const hex = /^#([0-9a-f]{6})$/i.exec(value)?.[1];
  if (hex) return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).concat(1) as unknown as Colour;
  const rgb = /^rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)$/.exec(value);
  return rgb ? [Number(rgb[1]), Number(rgb[2]), Number(rgb[3]), Number(rgb[4]) / 100] : null;
}

function over(top: Colour, below: Colour): Colour {
  const mixed = [0, 1, 2].map((at) => (top[at] ?? 0) * top[3] + (below[at] ?? 0) * (1 - top[3]));
  return [mixed[0] ?? 0, mixed[1] ?? 0, mixed[2] ?? 0, 1];
}

function luminance(colour: Colour): number {
  const [r = 0, g = 0, b = 0] = colour.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(text: Colour, ground: Colour): number {
  const [light = 0, dark = 0] = [luminance(text), luminance(ground)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

describe("the contrast of text on a coloured ground", () => {
  const rules = sheets.flatMap((sheet) =>
    [...here(`../${sheet}`).matchAll(/([^{}]+)\{([^{}]+)\}/g)].flatMap(([, selector = "", body = ""]) => {
      const ground = /background(?:-color)?: var\(--([\w-]+)\)/.exec(body)?.[1];
      const text = /(?<![\w-])color: var\(--([\w-]+)\)/.exec(body)?.[1];
      return ground && text ? [{ rule: `${sheet} ${selector.trim().replace(/\s+/g, " ")}`, ground, text }] : [];
    }),
  );

  it("is looked at for every rule that names both", () => expect(rules.length).toBeGreaterThan(20));

  describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
    const known = tokens(theme);
    it.each(rules)("is 4.5 at least: $rule", ({ ground, text }) => {
      const [top, letters] = [known.get(ground), known.get(text)];
      if (!top || !letters) return expect([ground, text]).toContain("rail-badge"); // a colour that is no token
      for (const below of top[3] === 1 ? ["surface"] : ["surface", "paper", "raised"]) {
        const under = known.get(below);
        if (!under) throw new Error(below);
        expect(contrast(letters, over(top, under)), `${text} on ${ground} over ${below}`).toBeGreaterThanOrEqual(4.5);
      }
    });
  });
});
