import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { longText } from '../support/hostile-data.ts';
import { outcomeOf } from '../support/hostile-outcome.ts';
import { actionFile, COMMANDS, readInputs, useRunnerEnvironment } from './runner.ts';

/** The same cases on every machine; others are tried with another one. */
const SEED = 20261130;

useRunnerEnvironment();
/** Each input once, of the first command that has it. */
const INPUTS = [
  ...new Map(
    COMMANDS.toReversed().flatMap((command) =>
      Object.keys(actionFile(command).inputs).map((name) => [name, { command, name }] as const),
    ),
  ).values(),
];

test('an input of a megabyte is taken as it is, or refused in few words and soon: 120 of them', async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...INPUTS), longText, async ({ command, name }, text) => {
      const read = await outcomeOf(() => readInputs(command, { [name]: text }), /^/);
      // Another command, which has other inputs, comes next.
      for (const each of Object.keys(process.env)) if (each.startsWith('INPUT_')) delete process.env[each];
      if (read === undefined) refused += 1;
    }),
    { numRuns: 120, seed: SEED },
  );
  expect(refused).toBeGreaterThan(0);
});

test.each([
  ['app', '-'],
  ['environment', '_-'],
  ['orchestrator', 'x'],
])('%s: a megabyte of "%s" costs no more time than its length', async (name, piece) => {
  const text = `a${piece.repeat(1_000_000)}!`;
  expect(await outcomeOf(() => readInputs('deploy', { [name]: text }), /^/)).toBeUndefined();
});

test('kubeconfig: the search for its secrets takes no more time than its length', async () => {
  const kubeconfig = `token: ${'s3cret-'.repeat(4)}\n${'9'.repeat(1_000_000)}`;
  expect(await outcomeOf(() => readInputs('deploy', { kubeconfig }), /^/)).toBeDefined();
});
