import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { time } from "@/text/format";
import { useLocale } from "@/text/useText";
import styles from "./Chart.module.css";

export interface Line {
  readonly name?: string;
  readonly values: readonly number[];
  readonly tone: "kobalt" | "turkuaz" | "safran";
  readonly dashed?: boolean;
}

interface Props {
  title: string;
  times: readonly number[];
  lines: readonly Line[];
  format: (value: number) => string;
  waiting: string;
}

const HEIGHT = 130;
const WINDOW_SECONDS = 600;

/** A number that moves, and the last minutes behind it. */
export function Chart({ title, times, lines, format, waiting }: Props) {
  const locale = useLocale();
  const theme = useComputedColorScheme();
  const { ref, width } = useElementSize();
  const plot = useRef<uPlot | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const look = useRef({ format, locale });
  look.current = { format, locale };
  const ready = times.length > 1;
  const tones = lines.map((line) => `${line.tone}${line.dashed ? "-" : ""}`).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new theme or size takes a new plot; new data does not
  useEffect(() => {
    const host = box.current;
    if (!host || width === 0 || !ready) return;
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink-soft").trim();
    const grid = { stroke: style.getPropertyValue("--line").trim(), width: 1 };
    const font = "11px 'Inter Variable', sans-serif";
    const series = lines.map((line): uPlot.Series => {
      const stroke = style.getPropertyValue(`--${line.tone}`).trim();
      return {
        stroke,
        width: 1.6,
        points: { show: false },
        ...(line.dashed ? { dash: [5, 4] } : { fill: `color-mix(in srgb, ${stroke} 12%, transparent)` }),
      };
    });
    plot.current = new uPlot(
      {
        width: width + 12,
        height: HEIGHT,
        padding: [8, 6, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: (_, __, max) => [max - WINDOW_SECONDS, max] },
          y: { range: (_, __, max) => [0, max > 0 ? max * 1.15 : 1] },
        },
        axes: [
          {
            stroke: ink,
            font,
            grid: { show: false },
            ticks: { show: false },
            size: 22,
            space: 70,
            values: (_, marks) => marks.map((mark) => time(look.current.locale, mark * 1000)),
          },
          {
            stroke: ink,
            font,
            grid,
            ticks: { show: false },
            size: 56,
            space: 34,
            values: (_, marks) => marks.map((mark) => look.current.format(mark)),
          },
        ],
        series: [{}, ...series],
      },
      [[...times], ...lines.map((line) => [...line.values])],
      host,
    );
    return () => {
      plot.current?.destroy();
      plot.current = null;
    };
  }, [width, theme, locale, tones, ready]);

  useEffect(() => {
    plot.current?.setData([[...times], ...lines.map((line) => [...line.values])]);
  }, [times, lines]);

  const latest = (line: Line) => format(line.values.at(-1) ?? 0);
  return (
    <section className={styles.chart} aria-label={`${title}: ${lines.map(latest).join(", ")}`}>
      <header>
        <h2>{title}</h2>
        {ready && (
          <span className={`${styles.now} numbers`}>
            {lines.length === 1 && lines[0]
              ? latest(lines[0])
              : lines.map((line) => (
                  <span
                    key={line.name}
                    className={styles.legend}
                    data-dashed={line.dashed || undefined}
                    style={{ "--tone": `var(--${line.tone})` } as React.CSSProperties}
                  >
                    {latest(line)} <small>{line.name}</small>
                  </span>
                ))}
          </span>
        )}
      </header>
      <div ref={ref}>
        {ready ? (
          <div ref={box} className={styles.plot} aria-hidden="true" />
        ) : (
          <p className={styles.waiting}>{waiting}</p>
        )}
      </div>
    </section>
  );
}
