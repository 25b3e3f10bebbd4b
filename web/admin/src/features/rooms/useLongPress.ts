import { type PointerEvent, useEffect, useRef } from "react";

const HELD_MS = 450;
const MOVED = 10;

/** What to put on an element that a finger may hold; a mouse has other ways. */
export function useLongPress(held: (() => void) | null) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const from = useRef({ x: 0, y: 0 });
  const stop = () => clearTimeout(timer.current);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    onPointerDown: (event: PointerEvent) => {
      stop();
      if (event.pointerType !== "touch" || !held) return;
      from.current = { x: event.clientX, y: event.clientY };
      timer.current = setTimeout(held, HELD_MS);
    },
    onPointerMove: (event: PointerEvent) => {
      if (Math.hypot(event.clientX - from.current.x, event.clientY - from.current.y) > MOVED) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}
