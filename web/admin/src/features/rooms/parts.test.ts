import { describe, expect, it } from "vitest";
import { inWords, toParts } from "./parts";

const show = (text: string) => toParts(text).map((part) => `${part.kind}:${part.text}`);

describe("toParts", () => {
  it("leaves a sentence's punctuation out of a link", () => {
    expect(show("bak https://a.example/x?y=1.")).toEqual(["text:bak ", "link:https://a.example/x?y=1", "text:."]);
    expect(show("(https://a.example/x)")).toEqual(["text:(", "link:https://a.example/x", "text:)"]);
    expect(show("https://a.example/x_(y)")).toEqual(["link:https://a.example/x_(y)"]);
  });

  it("shows a link's letters, and of its other escapes what was typed", () => {
    const link = (href: string) => toParts(href).map((part) => part.kind === "link" && [part.text, part.href]);
    for (const [typed, shown] of [
      ["https://tr.example/wiki/%C4%B0stanbul%27da_%C5%9Ei%C5%9Fli", "https://tr.example/wiki/İstanbul%27da_Şişli"],
      ["https://a.example/%E2%80%AEgpj.exe", "https://a.example/%E2%80%AEgpj.exe"], // it would turn the text around
      ["https://a.example/%2F%2e%2e/%20x", "https://a.example/%2F%2e%2e/%20x"],
      ["https://a.example/%C3", "https://a.example/%C3"],
      ["https://a.example/100%", "https://a.example/100%"],
    ] as const)
      expect(link(typed)).toEqual([[shown, typed]]);
  });

  it("is quoted in words: letters for escapes, no marks of code", () => {
    expect(inWords("@Ayse bkz. https://a.example/%C4%B0stanbul ve `kod`.")).toBe(
      "@Ayse bkz. https://a.example/İstanbul ve kod.",
    );
  });

  it("links nothing but http and https", () => {
    expect(show("javascript:alert(1) data:text/html,x ftp://a.example")).toEqual([
      "text:javascript:alert(1) data:text/html,x ftp://a.example",
    ]);
  });

  it("never makes HTML of what was typed", () => {
    expect(show('<img src=x onerror="alert(1)">')).toEqual(['text:<img src=x onerror="alert(1)">']);
  });

  it("finds mentions but not e-mail addresses", () => {
    expect(show("selam @Ayse.y, ben a@b.example")).toEqual(["text:selam ", "mention:Ayse.y", "text:, ben a@b.example"]);
  });

  it("keeps code as it is", () => {
    expect(show("yaz: `@ayse https://a.example`")).toEqual(["text:yaz: ", "code:@ayse https://a.example"]);
  });
});
