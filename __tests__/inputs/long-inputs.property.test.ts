import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type LongText, longText, textOfLength } from '../support/hostile-data.ts';
import { outcomeOfLong } from '../support/hostile-outcome.ts';
import { actionFile, COMMANDS, forgetInputs, readInputs, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();
/** Each input once, of the first command that has it. */
const INPUTS = [
  ...new Map(
    COMMANDS.toReversed().flatMap((command) =>
      Object.keys(actionFile(command).inputs).map((name) => [name, { command, name }] as const),
    ),
  ).values(),
];

/** Of an error: inputs, and a line of one. */
const INPUT = /^[a-z-]+(?:, [a-z-]+)*(?:, line \d+)?: /;

/** What is read, or that it is refused with an error that names the input. */
const outcomeWith = async (command: (typeof COMMANDS)[number], name: string, text: LongText) =>
  await outcomeOfLong((length) => {
    try {
      return readInputs(command, { [name]: textOfLength(text, length) });
    } catch (error) {
      expect(String(error)).toContain(name);
      throw error;
    } finally {
      // Another command, which has other inputs, comes next.
      forgetInputs();
    }
  }, INPUT);

test('an input of a megabyte is taken as it is, or refused in few words that name it: 40 of them', async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...INPUTS), longText, async ({ command, name }, text) => {
      if ((await outcomeWith(command, name, text)) === undefined) refused += 1;
    }),
    { numRuns: 40 },
  );
  expect(refused).toBeGreaterThan(0);
});

test.each([
  ['app', { begin: 'a', piece: '-', end: '!' }],
  ['environment', { begin: 'a', piece: '_-', end: '!' }],
  ['orchestrator', { piece: 'x' }],
  ['url', { begin: 'ssh://', piece: '/' }],
  ['tags', { piece: '{{' }],
  ['env', { piece: 'a{n}="b"\n', end: 'c' }],
])('%s: a megabyte of %j is refused in no more time than its length', async (name, text) => {
  expect(await outcomeWith('deliver', name, text)).toBeUndefined();
});

test('a command of many lines takes no more time than its length', async () => {
  const text = { begin: "sh -c '", piece: 'a\n', end: "'" };
  expect(await outcomeWith('deliver', 'before-release', text)).toBeDefined();
});

test('kubeconfig: the search for its secrets takes no more time than its length', async () => {
  const text = { begin: `token: ${'s3cret-'.repeat(4)}\n`, piece: '9' };
  expect(await outcomeWith('deploy', 'kubeconfig', text)).toBeDefined();
});
