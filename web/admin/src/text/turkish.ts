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
  const shown = name.replace(/\s*\(@[^)]*\)$/u, ""); // who is behind a name that imitates
  const words = shown.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  const first = [...(words[0] ?? shown.trim())];
  const second = words.length > 1 ? [...(words.at(-1) ?? "")][0] : words.length > 0 ? first[1] : undefined;
  return trUpper((first[0] ?? "?") + (second ?? ""));
}
