import { describe, expect, test } from '@jest/globals';
import { INPUTS } from '../../src/inputs/declared-inputs.ts';
import { Inputs } from '../../src/inputs/reader.ts';
import { find, read } from '../support/repository.ts';
import { actionFile, COMMANDS } from './runner.ts';

const CODE = find('src/inputs/*.ts').map(read).join('\n');

describe.each(COMMANDS)('the action.yml of %s', (command) => {
  const { inputs, outputs } = actionFile(command);

  test('gives the code its inputs and defaults, without expressions for the runner', () => {
    const defaults = Object.entries(inputs).map(([name, { default: text = '' }]) => [name, text]);
    expect({ ...INPUTS[command] }).toEqual({
      ...Object.fromEntries(defaults),
      ...('github-token' in inputs ? { 'github-token': '' } : {}),
      ...('check-run-id' in inputs ? { 'check-run-id': '' } : {}),
    });
  });

  test('declares no input that the code never reads', () => {
    expect(Object.keys(inputs).filter((name) => !CODE.includes(`'${name}'`))).toEqual([]);
  });

  test('has the same default for an input as the main action', () => {
    const main = actionFile('deliver').inputs;
    for (const [name, input] of Object.entries(inputs)) {
      // Without health-timeout, a rollback uses the time that the release was deployed with.
      if (main[name] === undefined || (command === 'rollback' && name === 'health-timeout')) continue;
      expect([name, input.default]).toEqual([name, main[name].default]);
    }
  });

  test('describes each input and output in one or two sentences', () => {
    for (const { description } of [...Object.values(inputs), ...Object.values(outputs)]) {
      expect(description).toMatch(/^[A-Z`][^\n]*\.$/);
      expect(description.length).toBeLessThan(220);
    }
  });
});

test('the name of an input that no action declares does not compile', () => {
  // @ts-expect-error The input is "no-cache".
  expect(() => new Inputs('build').flag('no-cahe')).toThrow('declares no input "no-cahe"');
});

test('only the reader of inputs reads the environment variables INPUT_*', () => {
  const readers = find('src/**/*.ts').filter((path) =>
    /\bget(?:Boolean|Multiline)?Input\b|env\[['"`]INPUT_/.test(read(path)),
  );
  expect(readers).toEqual(['src/inputs/reader.ts']);
});
