/** The readers of YAML as it is written: of a small file that is made to be slow they take less time than the cube of its size. */
import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../src/cli/settings-file.ts';
import { readWorkflowInputs } from '../../src/cli/workflow-inputs.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { keysOfMapping, lineOfKey, linesOfKey } from '../../src/model/yaml-lines.ts';
import { outcomeOfMany } from '../support/hostile-outcome.ts';

const lines = (count: number, line: (number: number) => string): string =>
  Array.from({ length: count }, (_, number) => line(number)).join('\n');

/** Each is a file of so many pieces. */
const FILES: Readonly<Record<string, (count: number) => string>> = {
  'aliases of aliases': (count) =>
    `a0: &a0 [x, x]\n${lines(count, (number) => `a${number + 1}: &a${number + 1} [*a${number}, *a${number}]`)}`,
  'merges of merges': (count) =>
    `a0: &a0 {x: y}\n${lines(count, (number) => `a${number + 1}: &a${number + 1} {<<: [*a${number}, *a${number}]}`)}`,
  'lists in lists': (count) => `env: ${'['.repeat(count)}${']'.repeat(count)}`,
  'lists that do not end': (count) => `env: ${'['.repeat(count)}`,
  'maps in maps': (count) => lines(count, (number) => `${' '.repeat(number)}jobs:`),
  'many keys': (count) => `jobs:\n${lines(count, (number) => `  j${number}:\n    steps: []`)}`,
  'many values for one key': (count) => lines(count, () => 'jobs: x'),
  comments: (count) => `jobs:\n${lines(count, () => '  # x')}`,
  quotes: (count) => `jobs: ${'"'.repeat(count)}\n${"'".repeat(count)}: x`,
  'spaces before a colon': (count) => `jobs${' '.repeat(32 * count)}x\n'${' '.repeat(32 * count)}`,
  'a long plain text': (count) => `env: >-\n${lines(count, () => '  a: b # c')}`,
  expressions: (count) =>
    `jobs: {a: {steps: [{uses: me/sealift@v1, with: {app: "${'${{ '.repeat(count)}"}}]}}`,
};

const PATH = ['jobs', 'j1', 'steps', 'x'];
const NOTHING = { variables: {}, github: {} };

/** The error of a person's own file shows the place in it, in several lines. */
function orRefused<Result>(read: () => Result): Result | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'a settings file': (text) => orRefused(() => readSettings(text, 'file', 'deploy', undefined)),
  'a workflow': (text) =>
    orRefused(() => readWorkflowInputs(text, 'file', undefined, 'deploy', new Set(), NOTHING)),
  'the line of a key': (text) => lineOfKey(text, PATH) ?? 0,
  'the keys of a mapping': (text) => keysOfMapping(text, ['jobs']),
  'the lines of a key': (text) => linesOfKey(text, ['jobs']),
};

describe.each(Object.entries(READERS))('%s is read in less time than the cube of its size:', (_, read) => {
  test.each(Object.entries(FILES))(
    '%s',
    async (__, file) => {
      await outcomeOfMany((count) => read(file(count)), /^/);
      expect.hasAssertions();
    },
    600_000,
  );
});
