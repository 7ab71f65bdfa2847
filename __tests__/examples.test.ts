import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { find, read } from './support/repository.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** workflows.test.ts checks the workflows of the examples, docs.test.ts their READMEs; e2e/ runs the first ones. */
const examples = find('examples/*/README.md').map((path) => dirname(path));

test('the README lists every example', () => {
  const listed = [...read('README.md').matchAll(/\]\((examples\/[\w-]+)\)/g)].map(([, path]) => path);
  expect(new Set(listed)).toEqual(new Set(examples));
});

describe.each(examples)('%s', (path) => {
  test('is complete: a workflow, and a Dockerfile beside each Compose file or folder of manifests', () => {
    expect(find(`${path}/.github/workflows/*.yml`)).not.toEqual([]);
    const manifests = find(`${path}/**/k8s/*.yaml`).map((file) => dirname(dirname(file)));
    const composed = [...find(`${path}/**/compose.yaml`).map((file) => dirname(file)), ...new Set(manifests)];
    expect(composed).not.toEqual([]);
    expect(find(`${path}/**/Dockerfile`).map((file) => dirname(file))).toEqual(composed);
  });

  test('names each of its workflows in its README', () => {
    const workflows = find(`${path}/.github/workflows/*.yml`).map((file) => file.slice(path.length + 1));
    expect(workflows.filter((file) => !read(`${path}/README.md`).includes(`\`${file}\``))).toEqual([]);
  });
});

const tested = find('examples/*/package.json', 'examples/*/*/package.json').map((path) => dirname(path));
test.each(tested)('the tests of %s pass', async (path) => {
  // With this variable, Node's test runner would report to an outer runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap'], {
    cwd: resolve(ROOT, path),
    env,
  });
  expect(stdout).toMatch(/^# pass [1-9]/m);
});
