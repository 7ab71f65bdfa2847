import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const SHOP = resolve(import.meta.dirname, '../examples/shop');

test('the tests of the example shop pass', async () => {
  // With this variable, Node's test runner would report to an outer runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap'], {
    cwd: SHOP,
    env,
  });
  expect(stdout).toMatch(/^# pass [1-9]/m);
});
