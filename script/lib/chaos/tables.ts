/** The output of the chaos. */

export interface ChaosResult {
  readonly name: string;
  /** Faults. */
  readonly injected: number;
  /** Those after which nothing was lost, and the next run made all whole. */
  readonly survived: number;
  readonly requests: number;
  readonly failed: number;
  readonly problems: readonly string[];
  /** Milliseconds. */
  readonly took: number;
}

export const isSurvived = ({ injected, survived, problems }: ChaosResult): boolean =>
  injected > 0 && survived === injected && problems.length === 0;

const HEADS = ['course', 'faults injected', 'survived', 'requests', 'requests failed', 'minutes'];

/** Markdown. */
export function chaosTable(results: readonly ChaosResult[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = results.map(({ name, injected, survived, requests, failed, took }) =>
    [name, injected, survived, requests, failed, (took / 60_000).toFixed(1)].map(String),
  );
  return [line(HEADS), line(HEADS.map(() => '---')), ...rows.map(line)].join('\n');
}
