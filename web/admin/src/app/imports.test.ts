import { describe, expect, it } from "vitest";

const sources = import.meta.glob<string>("../**/*.{ts,tsx}", { eager: true, query: "?raw", import: "default" });
const imports = (text: string) =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*"(@\/[^"]+)"/g)].map(([, path]) => path ?? "");

describe("imports", () => {
  it("go down: features never import each other, components and below never import features", () => {
    const wrong: string[] = [];
    for (const [file, text] of Object.entries(sources)) {
      const feature = /\.\.\/features\/(\w+)\//.exec(file)?.[1];
      const layer = file.split("/")[1];
      for (const path of imports(text)) {
        const other = /^@\/features\/(\w+)/.exec(path)?.[1];
        if (feature && other && other !== feature) wrong.push(`${file} → ${path}`);
        if (feature && path.startsWith("@/app")) wrong.push(`${file} → ${path}`);
        if (["components", "session", "text"].includes(layer ?? "") && /^@\/(features|app)/.test(path)) {
          wrong.push(`${file} → ${path}`);
        }
      }
    }
    expect(Object.keys(sources).length).toBeGreaterThan(50);
    expect(wrong).toEqual([]);
  });
});
