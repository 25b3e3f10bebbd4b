import { useStore } from "@/session/store";
import { useRoomsStore } from "./store";
import styles from "./TypingLine.module.css";
import { useTypingWords } from "./typing";

/** Who types; keeps its height when nobody does, so that nothing jumps. */
export function TypingLine({ id }: { id: string }) {
  const words = useTypingWords(useStore(useRoomsStore().entry(id).typing));
  return (
    <p className={styles.line} aria-live="off">
      {words && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {words}
        </>
      )}
    </p>
  );
}
