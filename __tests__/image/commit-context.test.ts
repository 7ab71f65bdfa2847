import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { commitContext, readCommitContext } from '../../src/image/commit-context.ts';
import { workspace } from '../support/workspace.ts';

const SHA = 'a'.repeat(40);
const HEAD = 'b'.repeat(40);
const ENV = {
  GITHUB_SHA: SHA,
  GITHUB_REF: 'refs/heads/main',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REPOSITORY: 'octo/shop',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_RUN_ID: '7',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_ACTOR: 'mona',
};

describe('the commit context', () => {
  test('comes from the runner, with the time of the event', () => {
    const payload = { head_commit: { id: SHA, timestamp: '2026-03-02T09:30:00+01:00' } };
    expect(commitContext(ENV, payload, undefined)).toEqual({
      sha: SHA,
      committedAt: '2026-03-02T08:30:00Z',
      ref: 'refs/heads/main',
      event: 'push',
      pullRequest: undefined,
      repository: 'octo/shop',
      source: 'https://github.com/octo/shop',
      actor: 'mona',
      runUrl: 'https://github.com/octo/shop/actions/runs/7/attempts/2',
      note: undefined,
    });
  });

  test('names the checked-out commit if that is another one, without a branch', () => {
    const context = commitContext(ENV, undefined, { sha: HEAD, committedAt: '2026-01-01T00:00:00Z' });
    expect(context).toMatchObject({ sha: HEAD, ref: undefined, committedAt: '2026-01-01T00:00:00Z' });
    expect(context.note).toContain(`The checkout holds commit ${HEAD}, but the event is for ${SHA}`);
  });

  test('has the number of the pull request also with its head checked out', () => {
    const env = { ...ENV, GITHUB_REF: 'refs/pull/12/merge', GITHUB_EVENT_NAME: 'pull_request' };
    const head = { sha: HEAD, committedAt: '2026-01-01T00:00:00Z' };
    expect(commitContext(env, { pull_request: { number: 12 } }, head)).toMatchObject({
      sha: HEAD,
      pullRequest: 12,
    });
    expect(commitContext(env, undefined, undefined)).toMatchObject({ sha: SHA, pullRequest: 12 });
  });

  test('is empty outside a workflow, without an error', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'context-'));
    const context = await readCommitContext({
      GITHUB_WORKSPACE: empty,
      GITHUB_EVENT_PATH: join(empty, 'none.json'),
    });
    await rm(empty, { recursive: true });
    expect(context).toMatchObject({
      sha: undefined,
      ref: undefined,
      runUrl: undefined,
      committedAt: undefined,
    });
  });

  test('is read from a checkout', async () => {
    const checkout = await workspace({ files: { 'a.txt': 'a\n' } });
    const context = await readCommitContext({
      ...ENV,
      GITHUB_SHA: checkout.sha,
      GITHUB_WORKSPACE: checkout.path,
    });
    await checkout.remove();
    expect(context).toMatchObject({ sha: checkout.sha, ref: 'refs/heads/main', note: undefined });
    expect(context.committedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });
});
