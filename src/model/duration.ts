/** Durations as people write and read them: `500ms`, `60s`, `1m30s`, `2h`. One syntax in both directions. */

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/;
const PART = /(?<amount>\d+(?:\.\d+)?)(?<unit>h|ms|m|s)/g;

/**
 * Takes a duration such as `60s`, `1.5s` or `1m30s` apart.
 *
 * @returns whole milliseconds; `undefined` for anything else, also for a number without a unit, since `60` could be
 * meant as seconds or milliseconds, and for units out of order or repeated (`30s1m`), which is a slip of the pen.
 */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const { groups } of text.matchAll(PART)) {
    const unit = UNITS[groups?.['unit'] ?? ''] ?? Number.NaN;
    if (!(unit < smallest)) return undefined;
    smallest = unit;
    total += Number(groups?.['amount']) * unit;
  }
  const milliseconds = Math.round(total);
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

/**
 * Writes milliseconds as exactly as a reader cares: `340ms`, `1.2s`, `1m30s`, `2h5m`.
 */
export function formatDuration(milliseconds: number): string {
  const exact = Math.max(0, Math.round(milliseconds));
  if (exact < 1000) return `${exact}ms`;
  const tenths = Math.round(exact / 100);
  if (tenths < 600) return `${tenths / 10}s`;
  const seconds = Math.round(exact / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join('');
}
