import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../src/model/log.ts';
import type { Tools } from '../../src/model/tools.ts';
import { runProgram } from '../../src/run/run-program.ts';

/** The tools of a step, with a log that remembers. */
export interface TestTools extends Tools {
  readonly lines: readonly string[];
  remove(): Promise<void>;
}

export async function makeTools(): Promise<TestTools> {
  const folder = await mkdtemp(join(tmpdir(), 'sealift-'));
  const lines: string[] = [];
  const tell = (line: string) => {
    lines.push(line);
  };
  const log: Log = { info: tell, notice: tell, warning: tell, debug: tell };
  return { run: runProgram, log, folder, lines, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`Not an Error was thrown: ${String(error)}`, { cause: error });
  }
  throw new Error('Nothing was thrown.');
}
