/** Cut a message into plain text, links, mentions and code. Nothing here is ever HTML. */

import { mentionsIn } from "@meydan/client";

export type Part =
  | { readonly kind: "text" | "code"; readonly text: string }
  /** `name` is the username; the text may be written otherwise. */
  | { readonly kind: "mention"; readonly text: string; readonly name: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string };

const PATTERN = /`([^`\n]+)`|(https?:\/\/[^\s<>"]+)|@/giu;
const TRAILING = new Set(".,;:!?'”’)]}");

export function toParts(text: string): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  const plain = (upto: number) => {
    if (upto > at) parts.push({ kind: "text", text: text.slice(at, upto) });
  };
  const mentions = new Map(mentionsIn(text).map((mention) => [mention.at, mention]));
  for (const match of text.matchAll(PATTERN)) {
    const [whole, code, link] = match;
    const mention = mentions.get(match.index);
    if (code !== undefined) {
      plain(match.index);
      parts.push({ kind: "code", text: code });
      at = match.index + whole.length;
    } else if (link !== undefined) {
      const tidy = tidyLink(link);
      if (!URL.canParse(tidy)) continue;
      plain(match.index);
      parts.push({ kind: "link", text: readable(tidy), href: tidy });
      at = match.index + tidy.length;
    } else if (mention) {
      plain(match.index);
      at = match.index + mention.length;
      parts.push({ kind: "mention", text: text.slice(match.index + 1, at), name: mention.name });
    }
  }
  plain(text.length);
  return parts;
}

/** A message's words without its marks, for where they stand in one line. */
export function inWords(text: string): string {
  return toParts(text)
    .map((part) => (part.kind === "mention" ? `@${part.text}` : part.text))
    .join("");
}

/** A link as people write it: letters instead of their escapes, but nothing that would hide where it leads. */
function readable(link: string): string {
  return link.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      const text = decodeURIComponent(escaped);
      return /^[\p{L}\p{M}\p{N}]+$/u.test(text) ? text : escaped;
    } catch {
      return escaped;
    }
  });
}

/** Leave a sentence's own punctuation out of the link, but keep brackets that the link opened. */
function tidyLink(link: string): string {
  let end = link.length;
  let unopened = link.split(")").length - link.split("(").length;
  while (end > 0 && TRAILING.has(link[end - 1] ?? "")) {
    if (link[end - 1] === ")" && unopened-- <= 0) break;
    end -= 1;
  }
  return link.slice(0, end);
}
