import styles from "./Trail.module.css";

interface Point {
  readonly at: number;
  readonly value: number;
}

const KEPT = 60;
const WIDTH = 60;
const HEIGHT = 18;
const kept = new Map<string, Point[]>();

/** The way a number took since somebody began to look: its last values, behind it. `at` tells one reading from the next. */
export function Trail({ name, value, at }: { name: string; value: number; at: number }) {
  const points = remember(name, value, at);
  const values = points.map((point) => point.value);
  const least = Math.min(...values);
  const span = Math.max(1, Math.max(...values) - least);
  const y = (point: Point) => (HEIGHT - 1 - ((point.value - least) / span) * (HEIGHT - 3)).toFixed(1);
  const x = (index: number) => (WIDTH - (points.length - 1 - index) * (WIDTH / (KEPT - 1))).toFixed(1);
  const line = points.map((point, index) => `${x(index)},${y(point)}`).join(" ");
  return (
    <svg className={styles.trail} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <line x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} />
      <polygon points={`${x(0)},${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} />
      <polyline points={line} />
    </svg>
  );
}

function remember(name: string, value: number, at: number): readonly Point[] {
  const points = kept.get(name) ?? [];
  if (points.at(-1)?.at === at) return points;
  const next = [...points.slice(1 - KEPT), { at, value }];
  kept.set(name, next);
  return next;
}
