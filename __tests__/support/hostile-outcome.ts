/** What hostile input may lead to, and nothing else. */
import { expect } from '@jest/globals';
import { SealiftError } from '../../src/model/errors.ts';
import { failureText } from '../../src/report/failures.ts';

/** In characters, of each line of an error. */
const LONGEST_LINE = 1_100;
/** In characters. */
const LONGEST_HEADLINE = 10_100;

const builtIn = (): unknown =>
  [Object, Object.prototype, Function.prototype, Array.prototype, String.prototype].map((each) =>
    Reflect.ownKeys(each),
  );
const BEFORE = builtIn();

/**
 * What came of it, without a change to what every object has.
 * @param beginning of each line of an error, so that no text of the user's is one
 * @returns `undefined` if it was refused, with an error that can be read and that Sealift explains
 */
export async function outcomeOf<Result>(
  action: () => Result | Promise<Result>,
  beginning: RegExp,
): Promise<Result | undefined> {
  const [outcome] = await Promise.allSettled([(async () => await action())()]);
  expect(builtIn()).toEqual(BEFORE);
  if (outcome.status === 'fulfilled') return outcome.value;
  if (!(outcome.reason instanceof SealiftError)) throw outcome.reason;
  const { headline } = failureText(outcome.reason, '');
  expect(headline.length).toBeLessThan(LONGEST_HEADLINE);
  for (const line of new Set(headline.trimEnd().replaceAll('\t', ' ').split('\n'))) {
    expect(line.length).toBeLessThan(LONGEST_LINE);
    expect(line).not.toMatch(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
    expect(line).toMatch(beginning);
    // Whatever it quotes, it ends with what is wrong or what to do.
    expect(line).toMatch(/[.?]$/);
    // The text of a function that every object has.
    expect(line).not.toContain('[native code]');
  }
  return undefined;
}

/** In characters: up to a megabyte, each twice as long as the one before. */
const LENGTHS = [1, 2, 4, 8, 16, 32, 64].map((part) => (1_000_000 / 64) * part);
/** Of what a small file has many of. Each step is small: what takes exponential time is found while it still ends. */
const COUNTS = Array.from({ length: 19 }, (_, step) => Math.round(4 * 2 ** (step / 3)));
/** Milliseconds: what takes less says nothing of how the time grows. */
const LEAST = 100;
/** Twice the length takes twice the time, or four times if it goes with the square of the length. */
const MOST_GROWTH = 3.3;
/**
 * Twice as many take up to four times as long, because each may be compared with each other one; eight times, if it goes with the cube. Beside
 * other work, the processor takes longer for more memory.
 */
const MOST_GROWTH_OF_MANY = 7.5;
/** A garbage collection may fall into one measurement, but not into all. */
const ATTEMPTS = 5;

/**
 * The outcome with a megabyte of text, and that the time which the processor works grows as the text does.
 * @param action with a text of so many characters; it may be called several times with each length
 */
export const outcomeOfLong = <Result>(
  action: (length: number) => Result | Promise<Result>,
  beginning: RegExp,
): Promise<Result | undefined> => outcomeOfGrowing(LENGTHS, MOST_GROWTH, action, beginning);

/**
 * The same of what is made of up to 256 pieces.
 * @param action with so many of them
 */
export const outcomeOfMany = <Result>(
  action: (count: number) => Result | Promise<Result>,
  beginning: RegExp,
): Promise<Result | undefined> => outcomeOfGrowing(COUNTS, MOST_GROWTH_OF_MANY, action, beginning);

async function outcomeOfGrowing<Result>(
  sizes: readonly number[],
  mostGrowth: number,
  action: (size: number) => Result | Promise<Result>,
  beginning: RegExp,
): Promise<Result | undefined> {
  let outcome: Result | undefined;
  const took = new Map<number, number>();
  for (const size of sizes) {
    // Of about half the size, or a little less.
    const half = [...took].findLast(([other]) => 2 * other <= size + 1);
    const most = mostGrowth * Math.max(half?.[1] ?? Number.POSITIVE_INFINITY, LEAST);
    const times: number[] = [];
    do {
      const start = process.cpuUsage();
      outcome = await outcomeOf(() => action(size), beginning);
      const { user, system } = process.cpuUsage(start);
      times.push((user + system) / 1_000);
    } while (Math.min(...times) > most && times.length < ATTEMPTS);
    const least = Math.min(...times);
    took.set(size, least);
    expect({ size, least }).toEqual({ size, least: Math.min(least, most) });
  }
  return outcome;
}
