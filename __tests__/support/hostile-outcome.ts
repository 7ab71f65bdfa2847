/** What hostile input may lead to, and nothing else. */
import { expect } from '@jest/globals';
import { SealiftError } from '../../src/model/errors.ts';
import { failureText } from '../../src/report/failures.ts';

/** Milliseconds of the processor, which another program can't take. */
const LONGEST = 1_000;

/** In characters. */
const LONGEST_HEADLINE = 10_100;

const builtIn = (): unknown =>
  [Object, Object.prototype, Function.prototype, Array.prototype, String.prototype].map((each) =>
    Reflect.ownKeys(each),
  );
const BEFORE = builtIn();

/**
 * What came of it, soon, and without a change to what every object has.
 * @param beginning of each line of an error, so that no text of the user's is one
 * @returns `undefined` if it was refused, with an error that can be read and that Sealift explains
 */
export async function outcomeOf<Result>(
  action: () => Result | Promise<Result>,
  beginning: RegExp,
): Promise<Result | undefined> {
  const start = process.cpuUsage();
  const settled = await Promise.allSettled([(async () => await action())()]);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1_000).toBeLessThan(LONGEST);
  expect(builtIn()).toEqual(BEFORE);
  const [outcome] = settled;
  if (outcome.status === 'fulfilled') return outcome.value;
  if (!(outcome.reason instanceof SealiftError)) throw outcome.reason;
  const { headline } = failureText(outcome.reason, '');
  expect(headline.length).toBeLessThan(LONGEST_HEADLINE);
  for (const line of new Set(headline.replaceAll('\t', ' ').split('\n'))) {
    expect(line).not.toMatch(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
    expect(line).toMatch(beginning);
    // The text of a function that every object has.
    expect(line).not.toContain('[native code]');
  }
  return undefined;
}
