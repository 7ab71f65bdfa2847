import { describe, expect, test } from '@jest/globals';
import type { GitHub } from '../../src/gate/github.ts';
import { connectToGitHub } from '../../src/gate/github-client.ts';
import { CHECK_RUN, messageOfFailure, TOKEN, useGateJob } from './job.ts';

const job = useGateJob();

/** A client for the stand-in, as the gate makes it. */
function connect({ requestTimeout }: { readonly requestTimeout?: number } = {}): Promise<GitHub> {
  const { github, context } = job.current;
  const options = context;
  return connectToGitHub(
    { apiUrl: github.url, owner: 'octo', repo: 'shop', token: TOKEN },
    { ...options, requestTimeout: requestTimeout ?? options.requestTimeout },
  );
}

const ENVIRONMENT = /\/environments\//;

describe('the client', () => {
  test('asks GitHub with the token of the job, once', async () => {
    const { github } = job.current;
    expect(await (await connect()).getEnvironment('production')).toMatchObject({ name: 'production' });
    expect(github.requests).toEqual(['GET /repos/octo/shop/environments/production']);
    expect(github.authorizations).toEqual([`token ${TOKEN}`]);
  });

  test('answers undefined for what GitHub does not have', async () => {
    const client = await connect();
    expect(await client.getEnvironment('staging')).toBeUndefined();
    expect(await client.getCheckRun(1)).toBeUndefined();
    expect(await client.getRun(1)).toBeUndefined();
    job.current.github.relate = () => undefined;
    expect(await client.compareCommits('a'.repeat(40), 'b'.repeat(40))).toBeUndefined();
  });

  test('reads every page of the reviews', async () => {
    const { github } = job.current;
    github.pageLength = 2;
    for (const login of ['ann', 'ben', 'cleo', 'dan']) github.addReview('production', login);
    expect(await (await connect()).listReviews(4711)).toHaveLength(5);
    expect(github.requests).toEqual([
      'GET /repos/octo/shop/actions/runs/4711/approvals',
      'GET /repositories/1/actions/runs/4711/approvals?page=2',
      'GET /repositories/1/actions/runs/4711/approvals?page=3',
    ]);
  });

  test('compares two commits with the shortest answer', async () => {
    const { github } = job.current;
    github.relate = () => 'behind';
    const [base, head] = ['a'.repeat(40), 'b'.repeat(40)];
    expect(await (await connect()).compareCommits(base, head)).toMatchObject({ status: 'behind' });
    expect(github.requests).toEqual([`GET /repos/octo/shop/compare/${base}...${head}?per_page=1`]);
  });
});

describe('the client refuses at once, with what to change,', () => {
  test('401: a token that is not valid', async () => {
    job.current.github.fail(ENVIRONMENT, { status: 401, message: 'Bad credentials' });
    expect(await messageOfFailure((await connect()).getEnvironment('production'))).toBe(
      'Cannot read environments (HTTP 401). GitHub refuses the token. Correct "github-token", or remove it: then Sealift uses the token of the job.',
    );
    expect(job.current.waits).toEqual([]);
  });

  test.each([
    ['actions: read', 'environments', (client: GitHub) => client.getEnvironment('production')],
    ['actions: read', 'workflow runs', (client: GitHub) => client.getRun(4711)],
    ['actions: read', 'approvals', (client: GitHub) => client.listReviews(4711)],
    ['checks: read', 'the check run of this job', (client: GitHub) => client.getCheckRun(CHECK_RUN)],
    ['contents: read', 'commits', (client: GitHub) => client.compareCommits('a', 'b')],
  ])('403: a token without "%s", which %s need', async (permission, what, ask) => {
    job.current.github.fail(/./, { status: 403, message: 'Resource not accessible by integration' });
    const error = ask(await connect());
    expect(await messageOfFailure(error)).toBe(
      `Cannot read ${what} (HTTP 403). Add "${permission}" to this job's permissions.`,
    );
    await expect(error).rejects.toMatchObject({
      evidence: ['GitHub: Resource not accessible by integration'],
    });
    expect(job.current.github.requests).toHaveLength(1);
  });

  test('a rate limit that lasts for longer than a minute', async () => {
    job.current.github.fail(ENVIRONMENT, { status: 403, headers: { 'retry-after': '600' } });
    expect(await messageOfFailure((await connect()).getEnvironment('production'))).toBe(
      "Cannot read environments (HTTP 403). The rate limit of GitHub's API is reached. Run this job again in 10m.",
    );
    expect(job.current.waits).toEqual([]);
  });

  test('a status that GitHub does not answer with', async () => {
    const { github } = job.current;
    github.fail(ENVIRONMENT, { status: 418 });
    expect(await messageOfFailure((await connect()).getEnvironment('production'))).toBe(
      `Cannot read environments (HTTP 418). ${github.url} does not answer as GitHub's API does.`,
    );
  });
});

describe('a redirect', () => {
  test('on the same server is followed, as to a repository that was renamed', async () => {
    const { github } = job.current;
    const location = '/repositories/1/environments/production';
    github.fail(ENVIRONMENT, { status: 301, headers: { location } }, 1);
    expect(await (await connect()).getEnvironment('production')).toMatchObject({ name: 'production' });
    expect(github.requests.at(-1)).toBe(`GET ${location}`);
    expect(github.authorizations).toEqual([`token ${TOKEN}`, `token ${TOKEN}`]);
  });

  test.each([
    ['https://login.example.com/sso?ticket=secret', 'to https://login.example.com/sso'],
    [undefined, 'elsewhere'],
  ])('to another server is an error that says so: %s', async (location, to) => {
    const { github, waits } = job.current;
    github.fail(ENVIRONMENT, { status: 302, headers: location === undefined ? {} : { location } });
    expect(await messageOfFailure((await connect()).getEnvironment('production'))).toBe(
      `Cannot read environments: ${github.url} redirects ${to} (HTTP 302). Check that GITHUB_API_URL is the address of GitHub's API itself, and that no proxy answers in its place.`,
    );
    expect(waits).toEqual([]);
  });

  test('that never ends is an error', async () => {
    const { github } = job.current;
    const location = '/repositories/1/environments/production';
    github.fail(ENVIRONMENT, { status: 301, headers: { location } });
    expect(await messageOfFailure((await connect()).getEnvironment('production'))).toMatch(
      `redirects to ${github.url}${location} (HTTP 301).`,
    );
    expect(github.requests).toHaveLength(6);
  });
});

describe('the client tries again', () => {
  test('three times after 5xx, each time after a longer wait', async () => {
    const { github, waits, log } = job.current;
    github.fail(ENVIRONMENT, { status: 503 }, 3);
    expect(await (await connect()).getEnvironment('production')).toMatchObject({ name: 'production' });
    expect(github.requests).toHaveLength(4);
    const limits = [1000, 2000, 4000];
    expect(waits.map((wait, at) => wait > (limits[at] ?? 0) / 2 - 1 && wait <= (limits[at] ?? 0))).toEqual([
      true,
      true,
      true,
    ]);
    expect(log.lines[0]).toMatch(/^A request to GitHub failed: HTTP 503\. Trying again in .* \(2 of 4\)\.$/);
  });

  test('no more than three times after 5xx', async () => {
    const { github } = job.current;
    github.fail(ENVIRONMENT, { status: 502 });
    expect(await messageOfFailure((await connect()).getEnvironment('production'))).toBe(
      'Cannot read environments (HTTP 502). GitHub has a problem. Run this job again.',
    );
    expect(github.requests).toHaveLength(4);
  });

  test.each([
    [429, { 'retry-after': '7' }, 7000],
    [403, { 'retry-after': '60' }, 60_000],
    [429, {}, 60_000],
  ])('after a rate limit (%i, %j) when GitHub says so', async (status, headers, wait) => {
    const { github, waits } = job.current;
    github.fail(ENVIRONMENT, { status, headers }, 1);
    expect(await (await connect()).getEnvironment('production')).toMatchObject({ name: 'production' });
    expect(waits).toEqual([wait]);
  });

  test('after a rate limit that was reset a moment ago, at once', async () => {
    const { github, waits } = job.current;
    github.fail(
      ENVIRONMENT,
      { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } },
      1,
    );
    expect(await (await connect()).getEnvironment('production')).toMatchObject({ name: 'production' });
    expect(waits).toEqual([0]);
  });

  test('when GitHub hangs up', async () => {
    const { github } = job.current;
    github.fail(ENVIRONMENT, 'hang up', 1);
    expect(await (await connect()).getEnvironment('production')).toMatchObject({ name: 'production' });
    expect(github.requests).toHaveLength(2);
  });

  test.each(['silence', 'half an answer'] as const)('after %s, up to the limit of time', async (fault) => {
    const { github, waits } = job.current;
    github.fail(ENVIRONMENT, fault);
    const client = await connect({ requestTimeout: 20 });
    expect(await messageOfFailure(client.getEnvironment('production'))).toBe(
      `Cannot read environments from ${github.url} (no answer: it took too long). Check that this runner reaches ${github.url} (a proxy needs HTTPS_PROXY), and run this job again.`,
    );
    expect(waits).toHaveLength(3);
  });

  test('when nobody listens there', async () => {
    const { github, context } = job.current;
    const client = await connectToGitHub(
      { apiUrl: 'http://127.0.0.1:1', owner: 'octo', repo: 'shop', token: TOKEN },
      context,
    );
    expect(await messageOfFailure(client.getEnvironment('production'))).toMatch(
      /^Cannot read environments from http:\/\/127\.0\.0\.1:1 \(no answer: .*\)\. Check that this runner reaches /,
    );
    expect(github.requests).toEqual([]);
  });
});

test('a cancelled job ends a request that GitHub does not answer', async () => {
  const { github, cancelled } = job.current;
  github.fail(ENVIRONMENT, 'silence');
  const asked = (await connect({ requestTimeout: 3_600_000 })).getEnvironment('production');
  while (github.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  cancelled.abort(new Error('The job was cancelled.'));
  expect(await messageOfFailure(asked)).toBe('The job was cancelled.');
  expect(github.requests).toHaveLength(1);
});
