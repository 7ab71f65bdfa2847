import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { INPUTS } from '../../src/inputs/declared-inputs.ts';
import { actionFile } from './runner.ts';

const SOURCE = resolve(import.meta.dirname, '../../src');

describe.each(['deliver', 'build', 'deploy', 'rollback', 'status'] as const)(
  'the action.yml of %s',
  (command) => {
    const { inputs, outputs } = actionFile(command);

    test('declares the inputs that the code knows, with the same defaults', () => {
      // An expression is for the runner to fill in; the code has no default then.
      const declared = Object.entries(inputs).map(([name, input]) => [
        name,
        input.default?.startsWith('${{') ? '' : (input.default ?? ''),
      ]);
      expect(Object.fromEntries(declared)).toStrictEqual({ ...INPUTS[command] });
    });

    test('says nothing else of an input than the other actions say by its type and default', () => {
      for (const [name, input] of Object.entries(inputs)) {
        // A release that is gone back to has the time that it was deployed with.
        const own = command === 'rollback' ? ['to', 'health-timeout'] : [];
        if (!own.includes(name))
          expect([name, input.default]).toEqual([name, actionFile('deliver').inputs[name]?.default]);
      }
    });

    test('describes each input and output in a sentence or two', () => {
      for (const { description } of [...Object.values(inputs), ...Object.values(outputs)]) {
        expect(description).toMatch(/^[A-Z`][^\n]*\.$/);
        expect(description.length).toBeLessThan(220);
      }
    });
  },
);

test('nothing but the reader reads inputs', () => {
  const readers = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .filter((path) =>
      /\bget(?:Boolean|Multiline)?Input\b|env\[['"`]INPUT_/.test(readFileSync(join(SOURCE, path), 'utf8')),
    );
  expect(readers.sort()).toEqual(['inputs/reader.ts']);
});
