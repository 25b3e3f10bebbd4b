import { describe, expect, it } from "vitest";
import { toParts } from "./parts";

const show = (text: string) => toParts(text).map((part) => `${part.kind}:${part.text}`);

describe("toParts", () => {
  it("leaves a sentence's punctuation out of a link", () => {
    expect(show("bak https://a.example/x?y=1.")).toEqual(["text:bak ", "link:https://a.example/x?y=1", "text:."]);
    expect(show("(https://a.example/x)")).toEqual(["text:(", "link:https://a.example/x", "text:)"]);
    expect(show("https://a.example/x_(y)")).toEqual(["link:https://a.example/x_(y)"]);
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
    expect(show("selam @ayşe.y, ben a@b.example")).toEqual(["text:selam ", "mention:ayşe.y", "text:, ben a@b.example"]);
  });

  it("keeps code as it is", () => {
    expect(show("yaz: `@ayse https://a.example`")).toEqual(["text:yaz: ", "code:@ayse https://a.example"]);
  });
});
