/** Shares as people write and read them: `5%`, `0.5%`. */

/** `2.5%` is 2.5; `undefined` for any other text, and above 100%. */
export function parsePercent(text: string): number | undefined {
  const value = text.endsWith('%') ? parseDecimal(text.slice(0, -1)) : undefined;
  return value === undefined || value > 100 ? undefined : value;
}

/** The number of `1.5` or `20`; `undefined` for any other text, also with a sign or an exponent. */
export function parseDecimal(text: string): number | undefined {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

/** 0.05 is `5%`, 0.005 is `0.5%`; at most two decimals. */
export function formatPercent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
