import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { rejectUncommittedChanges } from '../../src/image/uncommitted-changes.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { DIGEST, request, useRunnerEnvironment } from '../inputs/runner.ts';
import { type Workspace, workspace } from '../support/workspace.ts';

useRunnerEnvironment();
let checkout: Workspace;

beforeEach(async () => {
  const names = ['a.ts', 'b.ts', 'c.ts', 'd.ts', 'e.ts', 'grüße an alle.md'];
  checkout = await workspace({ files: Object.fromEntries(names.map((name) => [name, 'committed\n'])) });
});
afterEach(() => checkout.remove());

const change = (name: string): Promise<void> => writeFile(join(checkout.path, name), 'changed\n');

/** What is refused; `undefined`: nothing. */
async function refusal(
  asked: Parameters<typeof rejectUncommittedChanges>[0],
  folder = checkout.path,
): Promise<string | undefined> {
  try {
    await rejectUncommittedChanges(asked, folder);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

test.each(['build', 'deliver'] as const)('%s refuses a checkout with a changed file', async (command) => {
  await change('b.ts');
  expect(await refusal(request(command))).toBe(
    `The checkout differs from commit ${checkout.sha.slice(0, 8)}: b.ts. What is built would count as the image of that commit, also in later runs. Commit the changes or stash them; or deploy an image that exists, with --image.`,
  );
});

test('the first three files are named as they are, whatever was done to them, and the others counted', async () => {
  await change('grüße an alle.md');
  await rm(join(checkout.path, 'e.ts'));
  expect(await refusal(request('build'))).toContain(': e.ts and "grüße an alle.md". ');
  await change('a.ts');
  expect(await refusal(request('build'))).toContain(': a.ts, e.ts and "grüße an alle.md". ');
  await change('c.ts');
  await change('b.ts');
  expect(await refusal(request('build'))).toContain(': a.ts, b.ts, c.ts and 2 more. ');
});

test.each([
  ['a deploy of a given image', () => request('deploy')],
  ['a delivery of a given image', () => request('deliver', { image: `ghcr.io/me/shop@${DIGEST}` })],
  ['a rollback', () => request('rollback')],
])('%s needs no clean checkout', async (_, ask) => {
  await change('a.ts');
  expect(await refusal(ask())).toBeUndefined();
});

test('files that git does not know are no changes', async () => {
  await change('new.ts');
  expect(await refusal(request('build'))).toBeUndefined();
});

test('a folder without git is built as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'without-git-'));
  await writeFile(join(folder, 'a.ts'), '');
  expect(await refusal(request('build'), folder)).toBeUndefined();
  await rm(folder, { recursive: true });
});
