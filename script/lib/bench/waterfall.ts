import type { Exchange } from './engine-counter.ts';

/** Requests by the time at which they began and ended, so that the critical path can be seen. */

const WIDTH = 60;

interface Bar {
  readonly what: string;
  /** Milliseconds from the first request. */
  readonly from: number;
  readonly to: number;
}

function barsOf(exchanges: readonly Exchange[]): { readonly bars: readonly Bar[]; readonly all: number } {
  const first = Math.min(...exchanges.map(({ from }) => from));
  const ends = exchanges.map(({ to }) => to).filter(Number.isFinite);
  const all = Math.max(1, ...ends.map((to) => to - first));
  const bars = exchanges
    .toSorted((one, other) => one.from - other.from)
    .map(({ what, from, to }) => ({ what, from: from - first, to: Math.min(all, to - first) }));
  return { bars, all };
}

/** A line for each request: when it began, how long it took, a bar. */
export function waterfallLines(exchanges: readonly Exchange[]): readonly string[] {
  const { bars, all } = barsOf(exchanges);
  return bars.map(({ what, from, to }) => {
    const [start, end] = [from, to].map((time) => Math.round((time / all) * WIDTH)) as [number, number];
    const bar = `${' '.repeat(start)}${'━'.repeat(Math.max(1, end - start))}`.slice(0, WIDTH).padEnd(WIDTH);
    const figures = [from, to - from].map((time) => `${Math.round(time)}`.padStart(6)).join(' ');
    return `${figures} ms ${bar} ${what}`;
  });
}

const ROW = 14;
const CHART = 700;
const LABELS = 420;

/** The same as a picture. */
export function waterfallSvg(title: string, exchanges: readonly Exchange[]): string {
  const { bars, all } = barsOf(exchanges);
  const rows = bars.map(({ what, from, to }, index) => {
    const [x, width] = [(from / all) * CHART, Math.max(1, ((to - from) / all) * CHART)];
    const y = ROW * (index + 2);
    const text = `${Math.round(from)}–${Math.round(to)} ms  ${escapeXml(what)}`;
    return (
      `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 4}" fill="#2f6fdb"/>` +
      `<text x="${CHART + 10}" y="${y + ROW - 5}">${text}</text>`
    );
  });
  const height = ROW * (bars.length + 3);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${CHART + LABELS}" height="${height}" font-family="monospace" font-size="10">`,
    `<rect width="100%" height="100%" fill="#fff"/><text x="0" y="${ROW}">${escapeXml(title)}</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
