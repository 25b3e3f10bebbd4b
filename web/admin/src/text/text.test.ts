import { describe, expect, it } from "vitest";
import { bytes, date, dateTime, dayKey, dayName, duration, number, shortMoment, time } from "./format";
import { fill, type Texts } from "./locale";
import { fold, highlight, initials } from "./turkish";

describe("format", () => {
  const at = "2026-11-20T15:04:00.000Z";

  it("writes times as Istanbul's clock shows them", () => {
    expect(time("tr", at)).toBe("18:04");
    expect(date("tr", at)).toBe("20 Kas 2026");
    expect(dateTime("tr", at)).toBe("20 Kas 2026 18:04");
    expect(dateTime("en", at)).toBe("20 Nov 2026 18:04");
  });

  it("changes the day at Istanbul's midnight", () => {
    expect(dayKey("2026-11-20T20:59:59Z")).toBe("2026-11-20");
    expect(dayKey("2026-11-20T21:00:00Z")).toBe("2026-11-21");
  });

  it("names a day, with the year only when it is another", () => {
    expect(dayName("tr", at, at)).toBe("20 Kasım Cuma");
    expect(dayName("tr", at, "2027-01-02T00:00:00Z")).toBe("20 Kasım 2026 Cuma");
  });

  it("is as short as the moment allows", () => {
    expect(shortMoment("tr", at, "2026-11-20T18:00:00Z")).toBe("18:04");
    expect(shortMoment("tr", at, "2026-11-22T18:00:00Z")).toBe("20 Kas");
    expect(shortMoment("tr", at, "2027-11-22T18:00:00Z")).toBe("20 Kas 2026");
  });

  it("writes numbers the way the language does", () => {
    expect(number("tr", 1250.75, 2)).toBe("1.250,75");
    expect(number("en", 1250.75, 2)).toBe("1,250.75");
    expect(bytes("tr", 1_572_864)).toBe("1,5 MB");
    expect(duration("tr", 93_784)).toBe("1 g 2 sa");
  });
});

describe("turkish", () => {
  it("folds every spelling of a word to one", () => {
    for (const word of ["IŞIK", "ışık", "isik", "Işık", "İŞİK"]) expect(fold(word)).toBe("isik");
    expect(fold("BITCOIN")).toBe("bitcoin");
    expect(fold("çağrı ÖÜĞ")).toBe("cagri oug");
  });

  it("marks the words a folded search found, in their own spelling", () => {
    expect(highlight("IŞIK hızı ve ışıklar", "isik")).toEqual([
      { text: "IŞIK", hit: true },
      { text: " hızı ve ", hit: false },
      { text: "ışıklar", hit: true },
    ]);
    expect(highlight("aynı", "")).toEqual([{ text: "aynı", hit: false }]);
  });

  it("takes initials with Turkish capitals", () => {
    expect(initials("ismail ışık")).toBe("İI");
    expect(initials("mehmet")).toBe("ME");
    expect(initials("Patron Bey (@kedi)")).toBe("PB");
    expect(initials("Yıldız (Yönetici)")).toBe("YY");
    expect(initials("Ayşe 👩‍🚀")).toBe("AY");
    expect(initials("🙂")).toBe("🙂");
    expect(initials("")).toBe("?");
  });
});

describe("catalogues", () => {
  const files = import.meta.glob<{ texts: Texts<string> }>("../**/texts.ts", { eager: true });
  const names = (phrase: unknown) => [...JSON.stringify(phrase).matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

  it.each(Object.entries(files))("%s says the same things in both languages", (_, { texts }) => {
    expect(Object.keys(texts.en)).toEqual(Object.keys(texts.tr));
    for (const [key, phrase] of Object.entries(texts.tr)) {
      expect(phrase, key).not.toBe("");
      expect(new Set(names(texts.en[key])), key).toEqual(new Set(names(phrase)));
    }
  });

  it("chooses the form that counts and writes the number", () => {
    const phrase = { one: "{n} message", other: "{n} messages" };
    expect(fill("en", phrase, { n: 1 })).toBe("1 message");
    expect(fill("en", phrase, { n: 1200 })).toBe("1,200 messages");
    expect(fill("tr", "{n} ileti, {kim}", { n: 1200, kim: "Ayşe" })).toBe("1.200 ileti, Ayşe");
  });
});
