/** Durations as people write and read them: `500ms`, `60s`, `1m30s`, `2h`. */

/** The longest duration that a user can set, in milliseconds: one day. A timer of Node can't wait longer than 24 days. */
export const MAX_DURATION = 86_400_000;

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/;
const PART = /(?<amount>\d+(?:\.\d+)?)(?<unit>h|ms|m|s)/g;

/**
 * Parses a duration such as `60s`, `1.5s` or `1m30s`.
 *
 * @returns whole milliseconds; `undefined` for any other text. A number without a unit is refused, because `60` could be
 * seconds or milliseconds, and so are repeated units and a wrong order (`30s1m`).
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

/** Milliseconds with the precision that matters to a reader: `340ms`, `1.2s`, `1m30s`, `2h5m`. */
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
  return parts.flatMap(([amount, unit]) => (amount > 0 ? `${amount}${unit}` : [])).join('');
}
