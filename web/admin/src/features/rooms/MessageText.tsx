import { Fragment, memo } from "react";
import { highlight } from "@/text/turkish";
import styles from "./MessageText.module.css";
import { toParts } from "./parts";

const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s*){1,3}$/u;

/** A message's words: links that are safe to follow, mentions, code; `find` marks what a search found. */
export const MessageText = memo(function MessageText({
  text,
  me,
  find,
}: {
  text: string;
  me: string | null;
  find?: string;
}) {
  return (
    <span className={styles.text} data-emoji={ONLY_EMOJI.test(text) || undefined}>
      {toParts(text).map((part, index) => {
        const key = `${index}-${part.kind}`;
        if (part.kind === "link") {
          return (
            <a key={key} href={part.href} target="_blank" rel="noopener noreferrer nofollow ugc">
              {part.text}
            </a>
          );
        }
        if (part.kind === "mention") {
          return (
            <span key={key} className={styles.mention} data-me={part.name === me || undefined}>
              @{part.text}
            </span>
          );
        }
        if (part.kind === "code") return <code key={key}>{part.text}</code>;
        return (
          <Fragment key={key}>
            {find
              ? highlight(part.text, find).map((piece, at) =>
                  // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text do not move
                  piece.hit ? <mark key={`${at}-${piece.text}`}>{piece.text}</mark> : piece.text,
                )
              : part.text}
          </Fragment>
        );
      })}
    </span>
  );
});
