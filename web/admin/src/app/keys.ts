/**
 * The page's single keys, also while the composer has the focus that the page itself gave it.
 *
 * Nobody has begun to type then, so `/`, `j`, `k` and `?` do what they do elsewhere. Who meant a word after all loses
 * nothing: the next letter brings the focus back, with what was pressed before it.
 */

const KEYS = new Set(["/", "j", "k", "?"]);
const MEANT_MS = 3_000;

/** Listen on a page; `act` does what a key asks for. The returned function stops that. */
export function keepKeys(page: Document, act: (key: string) => void, now: () => number = Date.now): () => void {
  const known = new WeakSet<HTMLTextAreaElement>();
  let given: HTMLTextAreaElement | null = null; // focused by the page as it came, and nothing typed in it yet
  let left: HTMLTextAreaElement | null = null; // the same, before the focus went elsewhere for a while
  let person: EventTarget | null = null; // what was clicked last, or the page after Tab: that focus is the person's
  let meant: { field: HTMLTextAreaElement; text: string; at: number } | null = null;

  if (page.activeElement instanceof HTMLTextAreaElement) {
    given = page.activeElement; // the page was quicker than this
    known.add(given);
  }

  const pointed = ({ target }: Event) => {
    person = target;
    if (target === given) given = null;
  };
  const focused = ({ target }: FocusEvent) => {
    left = given ?? left;
    given = null;
    if (target instanceof HTMLTextAreaElement) {
      const asItCame = !known.has(target) && person !== target && person !== page;
      if (asItCame || (left === target && person === null)) given = target;
      known.add(target);
      left = null;
    }
    person = null;
  };
  const typed = ({ target }: Event) => {
    if (target === given) given = null;
  };
  const pressed = (event: KeyboardEvent) => {
    const { key } = event;
    person = key === "Tab" ? page : null;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || key.length !== 1) {
      if (key !== "Shift") meant = null;
      return;
    }
    const ours = KEYS.has(key);
    if (ours && given !== null && page.activeElement === given && given.value === "") {
      meant = { field: given, text: key, at: now() };
      event.preventDefault();
      event.stopPropagation();
      act(key);
      return;
    }
    const before = meant;
    meant = null;
    if (before === null || now() - before.at > MEANT_MS || isField(page.activeElement)) return;
    if (ours) {
      meant = { ...before, text: before.text + key, at: now() };
    } else if (before.field.isConnected && before.field.value === "") {
      event.preventDefault();
      before.field.focus();
      given = null;
      write(before.field, before.text + key);
    }
  };

  page.addEventListener("pointerdown", pointed, true);
  page.addEventListener("focusin", focused, true);
  page.addEventListener("input", typed, true);
  page.addEventListener("keydown", pressed, true);
  return () => {
    page.removeEventListener("pointerdown", pointed, true);
    page.removeEventListener("focusin", focused, true);
    page.removeEventListener("input", typed, true);
    page.removeEventListener("keydown", pressed, true);
  };
}

function isField(element: Element | null): boolean {
  return element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement;
}

/** Put text into a field as typing does, so that whoever listens to the field hears of it. */
function write(field: HTMLTextAreaElement, text: string): void {
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(field, text);
  field.setSelectionRange(text.length, text.length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
