/** Whom a message names with `@`: the grammar of `meydan/chat/mentions.py`, held to it by the same table of cases. */

export interface Mention {
  /** Where `@` stands. */
  readonly at: number;
  /** How long it is as written, with `@`. */
  readonly length: number;
  readonly name: string;
}

const CODE_AND_LINKS = /```[\s\S]*?(?:```|$)|`[^`\n]+`|[a-z][a-z0-9+.-]{0,31}:\/\/\S+|\bwww\.\S+|\bmailto:\S+/giu;
const MENTION =
  /(?<![\p{L}\p{M}\p{N}_@./\\+=&#%$])(?<![\p{L}\p{M}\p{N}_]-)@([\p{L}\p{M}\p{N}_.-]+)(?![\p{L}\p{M}\p{N}_.-])(?!@|\/[\p{L}\p{M}\p{N}_])/gu;
const USERNAME = /^[a-z0-9][a-z0-9_.-]{2,31}$/;

/** Return every mention in order, a person named twice too. */
export function mentionsIn(text: string): readonly Mention[] {
  if (!text.includes("@")) return [];
  const plain = text.replace(CODE_AND_LINKS, (whole) => "`".repeat(whole.length));
  const found: Mention[] = [];
  for (const match of plain.matchAll(MENTION)) {
    const written = (match[1] ?? "").replace(/[.-]+$/, "");
    const name = written.replaceAll("İ", "i").replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    if (USERNAME.test(name)) found.push({ at: match.index, length: written.length + 1, name });
  }
  return found;
}
