import { type MouseEvent, type PointerEvent, type TouchEvent, useEffect, useRef } from "react";

const HELD_MS = 450;
const MOVED = 10;

/** What to put on an element that a finger may hold; a mouse has other ways. */
export function useLongPress(held: (() => void) | null) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const from = useRef({ x: 0, y: 0 });
  const wasHeld = useRef(false);
  const stop = () => clearTimeout(timer.current);
  useEffect(() => () => clearTimeout(timer.current), []);
  // After a lifted finger the browser plays a click, which would close what the press has opened; and its own menu for
  // a held link would cover it.
  const swallow = (event: MouseEvent | TouchEvent) => {
    if (wasHeld.current && event.cancelable) event.preventDefault();
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      stop();
      wasHeld.current = false;
      // React tells of what happens in the opened menu too: it is a child, though it stands elsewhere in the document.
      const inside = event.currentTarget.contains(event.target as Node);
      if (event.pointerType !== "touch" || !held || !inside) return;
      from.current = { x: event.clientX, y: event.clientY };
      timer.current = setTimeout(() => {
        wasHeld.current = true;
        held();
      }, HELD_MS);
    },
    onPointerMove: (event: PointerEvent) => {
      if (Math.hypot(event.clientX - from.current.x, event.clientY - from.current.y) > MOVED) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onTouchEnd: swallow,
    onContextMenu: swallow,
  };
}
