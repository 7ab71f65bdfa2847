import { startCrowd } from '../load/load.ts';
import type { LoadResult } from '../load/tally.ts';
import type { SoakApp } from './app.ts';
import type { Course } from './courses.ts';

export interface CourseResult {
  readonly course: Course;
  /** Milliseconds of each move, until its visitors had met the right release. */
  readonly moves: readonly number[];
  readonly load: LoadResult;
  /** Why it went no further. */
  readonly error: Error | undefined;
  /** The log of the first move in which requests were lost. */
  readonly evidence: string | undefined;
}

/** One move that is over. */
export interface Progress {
  readonly course: Course;
  readonly turn: number;
  readonly times: number;
  readonly what: string;
  readonly took: number;
  /** Of the whole course so far. */
  readonly load: LoadResult;
}

export interface RunOptions {
  readonly times: number;
  readonly seed: number;
  /** Milliseconds that a stream lasts, at most. */
  readonly longest?: number;
  readonly onMove?: (progress: Progress) => void;
  /** When it is aborted, the move under way is the last one. */
  readonly signal?: AbortSignal;
}

/**
 * Sends visitors of every kind to an app that has begun, and moves it so many times. What a move does wrong ends the course
 * and is in its result; what becomes of the requests is counted.
 */
export async function runCourse(
  app: SoakApp,
  course: Course,
  { times, seed, longest, onMove, signal }: RunOptions,
): Promise<CourseResult> {
  const load = startCrowd(app.crowd(course.crowd, longest), seed);
  const moves: number[] = [];
  let error: Error | undefined;
  let evidence: string | undefined;
  try {
    load.expect(String(app.live));
    await load.answered(String(app.live), 100);
    for (let turn = 1; turn <= times && signal?.aborted !== true; turn += 1) {
      const began = performance.now();
      const before = load.look().failed;
      const { what, log } = await course.move({ app, load, inputs: course.inputs, turn });
      if (load.look().failed > before) evidence ??= `Move ${turn} at ${new Date().toISOString()}:\n${log}`;
      const took = performance.now() - began;
      moves.push(took);
      onMove?.({ course, turn, times, what, took, load: load.look() });
    }
  } catch (reason) {
    error = reason instanceof Error ? reason : new Error(String(reason));
  }
  return { course, moves, load: await load.stop(), error, evidence };
}
