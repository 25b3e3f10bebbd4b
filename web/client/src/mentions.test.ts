import { expect, it } from "vitest";
import cases from "../../../tests/cases/mentions.json";
import { mentionsIn } from "./mentions";

it.each(cases)("names $names in $text", ({ text, names }) => {
  const found = mentionsIn(text);
  expect([...new Set(found.map((mention) => mention.name))]).toEqual(names);
  for (const { at, length } of found) expect(text.slice(at, at + 1) + text.slice(at, at + length)).toMatch(/^@@/);
});
