/** The output of the soak. */
import type { LoadResult } from '../../../__tests__/support/load/tally.ts';
import type { CourseResult, Progress } from '../../../__tests__/support/soak/run.ts';
import { median } from '../bench/figures.ts';

/** Whether a course ended normally and lost no request, or sent none to a wrong release if it may lose some. */
export function isLossless({ course, load, error }: CourseResult): boolean {
  if (error !== undefined) return false;
  return course.gaps === true ? load.ends.unexpected === 0 : load.failed === 0;
}

export function progressLine({ course, turn, times, what, took, load }: Progress): string {
  const count = `${String(turn).padStart(String(times).length)}/${times}`;
  const lost = load.failed === 0 ? 'none lost' : `${load.failed} LOST`;
  return `${course.name} ${count}  ${seconds(took).padStart(6)} s  ${load.requests} requests, ${lost}  ${what}`;
}

/** The first failures of a course, and why it ended early. */
export function failureLines({ load, error, course, evidence }: CourseResult): string[] {
  const lines = load.failures
    .slice(0, course.gaps === true ? 0 : 10)
    .map(({ time, what, took, why }) => `${time} ${what} after ${took} ms: ${why}`);
  const shown = course.gaps === true ? undefined : evidence;
  return [...lines, ...(shown === undefined ? [] : [shown]), ...(error === undefined ? [] : [error.message])];
}

const HEADS = [
  'strategy',
  'runs',
  'requests',
  'failed',
  'unexpected',
  'cut streams',
  'downtime',
  'p50 / p99',
  'seconds per run: median (most)',
];

export function markdownTable(results: readonly CourseResult[]): string {
  const rows = results.map(({ course, moves, load, error }) => [
    course.name + (error === undefined ? '' : ' (ended early)'),
    String(moves.length),
    String(load.requests),
    String(load.ends.failed + load.ends.unanswered),
    String(load.ends.unexpected),
    String(load.ends.cut),
    `${seconds(load.down)} s`,
    `${load.latency.median} / ${load.latency.p99} ms`,
    moves.length === 0 ? '–' : `${seconds(median(moves))} (${seconds(Math.max(...moves))})`,
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(HEADS), line(HEADS.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Every detail, for whoever looks for a cause. */
export function asJson(results: readonly CourseResult[]): string {
  const shown = results.map(({ course, moves, load, error, evidence }) => ({
    course: course.name,
    moves,
    evidence,
    error: error?.message,
    load: plain(load),
  }));
  return JSON.stringify(shown, undefined, 2);
}

const plain = ({ kinds, answers, ...rest }: LoadResult): unknown => ({
  ...rest,
  kinds: Object.fromEntries(kinds),
  answers: Object.fromEntries(answers),
});

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
