import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createStaleCommitCheck, liveOriginOf } from '../../src/gate/stale-commit.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import { emptyWorld, makeRelease, observe } from '../plan/world.ts';
import { hostName } from '../support/identifiers.ts';
import { messageOfFailure, TOKEN, useGateJob } from './job.ts';

const job = useGateJob();
const [OLD, NEW, OTHER] = ['0', '1', '2'].map((digit) => digit.repeat(40));

/** A host whose live release is of a commit. */
function host(revision: string | undefined, name = 'ssh://a', repository = 'octo/shop'): ObservedHost {
  const made = makeRelease('live', { web: 'served' });
  const { id } = made;
  const record = { ...made, origin: { ...made.origin, revision, repository } };
  return {
    ...observe(emptyWorld(), hostName(name)),
    traffic: { slot: 'blue', release: id },
    releases: [{ id, containers: [], slot: 'blue', record }],
  };
}

const check = (
  sha: string | undefined,
  hosts: readonly ObservedHost[],
  { token = TOKEN, allowDowngrade = false, workspace = tmpdir() }: Options = {},
): Promise<void> =>
  createStaleCommitCheck(token === '' ? undefined : token, allowDowngrade, {
    ...job.current.context,
    repository: 'octo/shop',
    workspace,
  })(sha, hosts.map(liveOriginOf));

interface Options {
  readonly token?: string;
  readonly allowDowngrade?: boolean;
  readonly workspace?: string;
}

describe('with GitHub', () => {
  test('a commit that the live one contains is refused, with both SHAs and the hosts', async () => {
    job.current.github.relate = () => 'behind';
    expect(await messageOfFailure(check(OLD, [host(NEW), host(NEW, 'ssh://b')]))).toBe(
      `Commit ${OLD} is older than the live commit ${NEW} on ssh://a and ssh://b, which contains it. An old job that is run again does this. To go back to an earlier release, use the rollback action. To deploy this commit anyway, set allow-downgrade: true.`,
    );
    expect(job.current.github.requests).toEqual([`GET /repos/octo/shop/compare/${NEW}...${OLD}?per_page=1`]);
  });

  test.each(['ahead', 'diverged', 'identical'] as const)('a commit that is %s is not', async (relation) => {
    job.current.github.relate = () => relation;
    await check(NEW, [host(OLD)]);
    expect(job.current.github.requests).toHaveLength(1);
  });

  test('a commit that is older than on one of the hosts is refused', async () => {
    job.current.github.relate = (base) => (base === NEW ? 'behind' : 'ahead');
    expect(await messageOfFailure(check(OTHER, [host(OLD), host(NEW, 'ssh://b')]))).toContain(
      ' on ssh://b, ',
    );
  });

  test('each pair of commits is compared once', async () => {
    const rejectStaleCommit = createStaleCommitCheck(TOKEN, false, {
      ...job.current.context,
      repository: 'octo/shop',
      workspace: tmpdir(),
    });
    await rejectStaleCommit(NEW, [liveOriginOf(host(OLD))]);
    await rejectStaleCommit(NEW, [liveOriginOf(host(OLD))]);
    expect(job.current.github.requests).toHaveLength(1);
  });

  test('a commit is not deployed if GitHub does not say how it relates to the live one', async () => {
    job.current.github.fail(/\/compare\//, {
      status: 403,
      message: 'Resource not accessible by integration',
    });
    expect(await messageOfFailure(check(NEW, [host(OLD)]))).toBe(
      `Cannot read commits (HTTP 403). Add "contents: read" to this job's permissions. Without an answer, Sealift can't tell whether commit ${NEW} is older than the live commit ${OLD}. To deploy it anyway, set allow-downgrade: true.`,
    );
  });

  test.each([
    ['allow-downgrade: true', OLD, host(NEW), { allowDowngrade: true }],
    ['the live commit itself', NEW, host(NEW), {}],
    ['an image without a commit', undefined, host(NEW), {}],
    ['a live release without a commit', OLD, host(undefined), {}],
    ['a live release of another repository', OLD, host(NEW, 'ssh://a', 'octo/other'), {}],
    ['a host without a release', OLD, observe(emptyWorld(), hostName('ssh://a')), {}],
  ])('nothing is compared for %s', async (_, sha, live, options) => {
    job.current.github.relate = () => 'behind';
    await check(sha, [live], options);
    expect(job.current.github.requests).toEqual([]);
  });
});

describe('without an answer of GitHub, the history of the checkout decides:', () => {
  let checkout: string;
  let [first, second] = ['', ''];
  const git = (...args: string[]): string =>
    execFileSync(
      'git',
      ['-C', checkout, '-c', 'user.name=mona', '-c', 'user.email=mona@github.com', ...args],
      {
        encoding: 'utf8',
      },
    ).trim();

  beforeAll(async () => {
    checkout = await mkdtemp(join(tmpdir(), 'stale-'));
    git('init', '--quiet');
    git('commit', '--quiet', '--allow-empty', '--message', 'first');
    first = git('rev-parse', 'HEAD');
    git('commit', '--quiet', '--allow-empty', '--message', 'second');
    second = git('rev-parse', 'HEAD');
  });
  afterAll(() => rm(checkout, { recursive: true }));

  test('without a token', async () => {
    const options = { token: '', workspace: checkout };
    expect(await messageOfFailure(check(first, [host(second)], options))).toMatch(
      `Commit ${first} is older than`,
    );
    await check(second, [host(first)], options);
    expect(job.current.github.requests).toEqual([]);
  });

  test('if GitHub does not have both commits', async () => {
    job.current.github.relate = () => undefined;
    expect(await messageOfFailure(check(first, [host(second)], { workspace: checkout }))).toMatch(
      `Commit ${first} is older than`,
    );
  });

  test('and if it lacks one of them too, the log says that nothing is known', async () => {
    const options = { token: '', workspace: checkout };
    await check(first, [host(NEW)], options);
    expect(job.current.log.lines).toEqual([
      `It is not known whether commit ${first} is older than the live commit ${NEW}: neither GitHub nor the checkout has both.`,
    ]);
  });
});
