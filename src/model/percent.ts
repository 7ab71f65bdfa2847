/** A share as people write it: 0.05 is `5%`, 0.005 is `0.5%`; no more than two digits behind the point. */
export function formatPercent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
