/** Figures of several runs and their text. */

/** On a shared machine, the mean would depend too much on other work. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 1 ? middle : middle - 1], sorted[middle]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** The median of the ratio of each pair. What slows down both of a pair has no effect. */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((figure, index) => figure / (theirs[index] ?? Number.NaN)));
}

export const total = (figures: readonly number[]): number => figures.reduce((sum, each) => sum + each, 0);

export const milliseconds = (figure: number): string => `${Math.round(figure)} ms`;
export const seconds = (figure: number): string => `${(figure / 1000).toFixed(2)} s`;

/** `0.53×`: a multiple of the peer's figure. */
export const times = (ratio: number): string => `${ratio.toFixed(2)}×`;

/** The median, with minimum and maximum. */
export function spread(figures: readonly number[], write: (figure: number) => string): string {
  const [least, most] = [Math.min(...figures), Math.max(...figures)];
  return `${write(median(figures))} (${write(least)} to ${write(most)})`;
}
