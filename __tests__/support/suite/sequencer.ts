import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { longestFirst, type Seconds, shardOf } from './schedule.ts';

const E2E = join(import.meta.dirname, '../../e2e');
const SECONDS: Seconds = JSON.parse(readFileSync(join(E2E, 'seconds.json'), 'utf8'));

/** A file of tests, as Jest has it. */
interface TestFile {
  readonly path: string;
}

const nameOf = ({ path }: TestFile): string => relative(E2E, path);

/** Those tests whose files are named, in that order. */
function pick<T extends TestFile>(tests: readonly T[], names: readonly string[]): T[] {
  return names.flatMap((name) => tests.filter((test) => nameOf(test) === name));
}

/** What Jest asks: which tests, and in which order. */
export default class {
  shard<T extends TestFile>(
    tests: readonly T[],
    { shardIndex, shardCount }: { readonly shardIndex: number; readonly shardCount: number },
  ): T[] {
    return pick(tests, shardOf(tests.map(nameOf), SECONDS, shardIndex, shardCount));
  }

  sort<T extends TestFile>(tests: readonly T[]): T[] {
    return pick(tests, longestFirst(tests.map(nameOf), SECONDS));
  }

  /** Runs do not learn from each other: the order is the same on a fresh machine. */
  cacheResults(): void {}
}
