/** Folding as the server does it: `IŞIK`, `ışık` and `isik` are one word to a search. */

export function fold(text: string): string {
  return trLower(text.normalize("NFKC")).normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ı", "i");
}

export function trLower(text: string): string {
  return text.toLocaleLowerCase("tr");
}

export function trUpper(text: string): string {
  return text.toLocaleUpperCase("tr");
}

export interface Piece {
  readonly text: string;
  readonly hit: boolean;
}

/** Cut `text` into pieces, marking words that begin with a word of `query` whatever their spelling. */
export function highlight(text: string, query: string): Piece[] {
  const wanted = fold(query)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  if (wanted.length === 0) return [{ text, hit: false }];
  const pieces: Piece[] = [];
  const push = (part: string, hit: boolean) => {
    const last = pieces.at(-1);
    if (last && last.hit === hit) pieces[pieces.length - 1] = { text: last.text + part, hit };
    else if (part) pieces.push({ text: part, hit });
  };
  for (const [word] of text.matchAll(/[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+/gu)) {
    const folded = fold(word);
    push(
      word,
      wanted.some((start) => folded.startsWith(start)),
    );
  }
  return pieces;
}

/** Two letters for an avatar. */
export function initials(name: string): string {
  const words = name
    .replace(/\s*\(@[^)]*\)$/u, "") // who is behind a name that imitates
    .trim()
    .split(/[\s._-]+/u)
    .filter(Boolean);
  const first = [...(words[0] ?? "?")][0] ?? "?";
  const last = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : ([...(words[0] ?? "")][1] ?? "");
  return trUpper(first + last);
}
