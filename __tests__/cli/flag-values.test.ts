import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readFlagValues, takeInputVariables } from '../../src/cli/flag-values.ts';

const folder = mkdtempSync(join(tmpdir(), 'flags-'));
afterAll(() => rmSync(folder, { recursive: true }));
const read = (name: string, value: string) => readFlagValues(new Map([[name, value]])).get(name);

test('a value is text, or that of a file', () => {
  const file = join(folder, 'key');
  writeFileSync(file, 'secret\n');
  expect(read('app', 'shop')).toBe('shop');
  expect(read('ssh-key', `@${file}`)).toBe('secret\n');
  expect(read('env', '@@A=1')).toBe('@A=1');
  expect(read('ssh-key', '')).toBe('');
  expect(() => read('env', `@${folder}/none`)).toThrow(`env: "${folder}/none" can't be read`);
});

test.each(['registry-password', 'kubeconfig', 'sign-key'])(
  'a secret in the command line is refused, and not repeated: %s',
  (name) => {
    expect(() => read(name, 'hunter2')).toThrow(
      new RegExp(`^--${name}: (?!.*hunter2).*SEALIFT_${name.replace('-', '_').toUpperCase()}`),
    );
  },
);

test('variables give inputs too', () => {
  const environment = { SEALIFT_SSH_KEY: 'k', SEALIFT_APP: '', SEALIFT_OTHER: 'x' };
  expect(Object.fromEntries(takeInputVariables(['ssh-key', 'app', 'hosts'], environment))).toEqual({
    'ssh-key': 'k',
    app: '',
  });
  expect(environment).toEqual({ SEALIFT_OTHER: 'x' });
});
