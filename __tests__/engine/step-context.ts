import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../src/model/log.ts';
import type { StepContext } from '../../src/model/step-context.ts';
import { runProgram } from '../support/run-program.ts';

/** The context of a step, with a log that keeps its lines. */
export interface TestStepContext extends StepContext {
  readonly lines: readonly string[];
  remove(): Promise<void>;
}

export async function makeStepContext(): Promise<TestStepContext> {
  const folder = await mkdtemp(join(tmpdir(), 'sealift-'));
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
  };
  const log: Log = { info: keep, notice: keep, warning: keep, debug: keep };
  return { run: runProgram, log, folder, lines, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The error with which a promise is rejected. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`Something other than an Error was thrown: ${String(error)}`, { cause: error });
  }
  throw new Error('Nothing was thrown.');
}
