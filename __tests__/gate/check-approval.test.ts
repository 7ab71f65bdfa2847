import { describe, expect, test } from '@jest/globals';
import { checkApproval, checkEnvironmentRules } from '../../src/gate/check-approval.ts';
import type { Approval } from '../../src/model/approval.ts';
import type { GateOptions } from '../../src/model/deploy-options.ts';
import { CHECK_RUN, messageOfFailure, OPTIONS, useGateJob } from './job.ts';

const job = useGateJob();

const check = (options: Partial<GateOptions> = {}, environment = 'production'): Promise<Approval> =>
  checkApproval(environment, 'deploy', { ...OPTIONS, ...options }, job.current.context);
const checkRules = (options: Partial<GateOptions> = {}, environment = 'production'): Promise<Approval> =>
  checkEnvironmentRules(environment, { ...OPTIONS, ...options }, job.current.context);

const RULES = ['required reviewers: @hubot, team ops'];
const IF_PROTECTED = { approval: 'if-protected' } as const;
const STRICT = { strict: true };

describe('a run that a reviewer approved', () => {
  test('passes, with the reviewer, the comment and the rules', async () => {
    expect(await check()).toEqual({
      kind: 'approved',
      approvers: [{ login: 'hubot', comment: 'Ship it' }],
      rules: RULES,
    });
    expect(new Set(job.current.github.requests)).toEqual(
      new Set([
        'GET /repos/octo/shop/environments/production',
        'GET /repos/octo/shop/actions/runs/4711/approvals',
        `GET /repos/octo/shop/check-runs/${CHECK_RUN}`,
      ]),
    );
  });

  test('passes with approval: if-protected too', async () => {
    expect(await check(IF_PROTECTED)).toMatchObject({ kind: 'approved' });
  });

  test('passes whatever the case of the name of the environment at GitHub', async () => {
    job.current.github.checkRuns.set(CHECK_RUN, 'Production');
    expect(await check()).toMatchObject({ kind: 'approved' });
  });

  test('names every reviewer who approved it', async () => {
    job.current.github.addReview('production', 'ann');
    expect(await check()).toMatchObject({
      approvers: [{ login: 'hubot' }, { login: 'ann', comment: undefined }],
    });
  });

  test.each([
    ['line breaks and colours', 'Ship\r\n::error::it\u001b[31m \u202E', 'Ship ::error::it'],
    ['a text that never ends', 'x'.repeat(100_000), `${'x'.repeat(500)} …`],
    ['white space alone', ' \n', undefined],
  ])('keeps its comment without %s', async (_, comment, kept) => {
    const { github } = job.current;
    github.reviews.length = 0;
    github.addReview('production', 'hubot', { comment });
    expect(await check()).toMatchObject({ approvers: [{ login: 'hubot', comment: kept }] });
  });

  test('passes if the approval is on a later page', async () => {
    const { github } = job.current;
    github.addEnvironment('staging', { reviewers: ['@hubot'] });
    github.reviews.length = 0;
    for (let at = 0; at < 5; at += 1) github.addReview('staging', 'hubot');
    github.addReview('production', 'hubot');
    github.pageLength = 2;
    expect(await check()).toMatchObject({ kind: 'approved' });
  });
});

describe('a run is refused', () => {
  test('if the environment has no required reviewers', async () => {
    job.current.github.addEnvironment('production');
    expect(await messageOfFailure(check())).toBe(
      'Environment "production" has no required reviewers. GitHub creates a missing environment without protection, so this deploy was not gated. Add reviewers in Settings → Environments → production, or set approval: off. (On a private repository, required reviewers need GitHub Enterprise.)',
    );
  });

  test('that removes the environment in the words of a removal', async () => {
    job.current.github.addEnvironment('production');
    const removal = checkApproval('production', 'removal', OPTIONS, job.current.context);
    expect(await messageOfFailure(removal)).toContain('so this removal was not gated.');
  });

  test.each([OPTIONS, IF_PROTECTED])('if there is no such environment (%#)', async (options) => {
    expect(await messageOfFailure(check(options, 'qa'))).toBe(
      'Environment "qa" does not exist, or the token can\'t see it (HTTP 404). Create it with required reviewers in Settings → Environments before a job names it: GitHub would create it without protection. If it exists, add "actions: read" to this job\'s permissions. Without an environment, set approval: off.',
    );
  });

  test.each([OPTIONS, IF_PROTECTED])('if the job runs in another environment (%#)', async (options) => {
    job.current.github.checkRuns.set(CHECK_RUN, 'staging');
    expect(await messageOfFailure(check(options))).toBe(
      'This job runs in environment "staging" but the step is for "production". Set "environment: production" on the job.',
    );
  });

  test('if the job runs in no environment', async () => {
    job.current.github.checkRuns.set(CHECK_RUN, undefined);
    expect(await messageOfFailure(check())).toBe(
      'This job runs in no environment but the step is for "production". Set "environment: production" on the job.',
    );
  });

  test('if the token does not see its check run', async () => {
    job.current.github.checkRuns.clear();
    expect(await messageOfFailure(check())).toBe(
      `Cannot read the check run ${CHECK_RUN} of this job (HTTP 404). Add "checks: read" to this job's permissions.`,
    );
  });

  test('if nobody approved it, although the environment has reviewers', async () => {
    const { github } = job.current;
    github.reviews.length = 0;
    github.addReview('production', 'hubot', { state: 'pending' });
    expect(await messageOfFailure(check())).toMatch(
      /^Nobody approved this run for environment "production", although it has required reviewers\. /,
    );
  });

  test('if it was approved for another environment only', async () => {
    const { github } = job.current;
    github.addEnvironment('staging', { reviewers: ['@hubot'] });
    github.reviews.length = 0;
    github.addReview('staging', 'hubot');
    expect(await messageOfFailure(check())).toMatch(/^Nobody approved this run/);
  });

  test('if a reviewer rejected it, even if another one approved it', async () => {
    job.current.github.addReview('production', 'ann', { state: 'rejected', comment: 'Not on\na Friday' });
    expect(await messageOfFailure(check())).toBe(
      '@ann rejected this run for environment "production": "Not on a Friday". Start a new run to ask again.',
    );
  });

  test('if only the person who started it approved it', async () => {
    process.env['GITHUB_TRIGGERING_ACTOR'] = 'Hubot';
    expect(await messageOfFailure(check())).toBe(
      '@Hubot approved this run for environment "production", but also started it. Let another reviewer approve, or set allow-self-approval: true.',
    );
    expect(await check({ allowSelfApproval: true })).toMatchObject({ approvers: [{ login: 'hubot' }] });
    job.current.github.addReview('production', 'ann');
    expect(await check()).toMatchObject({ approvers: [{ login: 'ann' }] });
  });

  test.each([
    [403, OPTIONS],
    [403, IF_PROTECTED],
    [404, OPTIONS],
  ])('if the token may not read approvals (HTTP %i, %#)', async (status, options) => {
    job.current.github.fail(/\/approvals$/, { status, message: 'Resource not accessible by integration' });
    expect(await messageOfFailure(check(options))).toBe(
      `Cannot read approvals (HTTP ${status}). Add "actions: read" to this job's permissions.`,
    );
  });

  test.each([
    [
      /\/environments\//,
      'Cannot read environment "production": the answer is not one of GitHub\'s API. Check that GITHUB_API_URL names a GitHub, and that no proxy answers in its place.',
    ],
    [/\/approvals$/, /^Cannot read approvals: the answer is not one of GitHub's API\./],
    [/\/check-runs\//, /^Cannot read the check run/],
  ])('if a proxy answers in place of GitHub (%s)', async (path, message) => {
    job.current.github.fail(path, 'another page');
    const text = await messageOfFailure(check());
    if (typeof message === 'string') expect(text).toBe(message);
    else expect(text).toMatch(message);
  });

  test('if GitHub has a problem for longer than three more attempts', async () => {
    job.current.github.fail(/\/approvals$/, { status: 500 });
    expect(await messageOfFailure(check())).toMatch(/^Cannot read approvals \(HTTP 500\)\./);
  });

  test.each(['api.github.com', 'ftp://api.github.com', 'https://mona:hunter2@api.github.com'])(
    'if GITHUB_API_URL is %s, and the error shows no password',
    async (url) => {
      process.env['GITHUB_API_URL'] = url;
      const message = await messageOfFailure(check());
      expect(message).toMatch(/^GITHUB_API_URL: it is not the address of GitHub's API\. /);
      expect(message).not.toContain('hunter2');
    },
  );

  test('without a token, or outside GitHub Actions', async () => {
    expect(await messageOfFailure(check({ token: undefined }))).toMatch(/^github-token: missing, /);
    expect(await messageOfFailure(check({ ...IF_PROTECTED, token: undefined }))).toMatch(
      /^github-token: missing, /,
    );
    delete process.env['GITHUB_RUN_ID'];
    expect(await messageOfFailure(check())).toMatch(/^approval: the runner does not say which run this is/);
    expect(await messageOfFailure(check({ token: undefined }))).toBe(
      'approval: this is not a job of GitHub Actions (GITHUB_RUN_ID is not set), so no environment can have held it. Set approval: off.',
    );
    delete process.env['GITHUB_REPOSITORY'];
    expect(await messageOfFailure(check())).toMatch(/^approval: this is not a job of GitHub Actions/);
  });
});

describe('strict-approval', () => {
  test('passes a first attempt if the rules can not be got around', async () => {
    job.current.github.addEnvironment('production', {
      id: 56780428,
      reviewers: ['@hubot', 'octo/ops'],
      canAdminsBypass: false,
      preventSelfReview: true,
      waitMinutes: 30,
    });
    expect(await check(STRICT)).toMatchObject({
      kind: 'approved',
      rules: ['wait timer: 30 min', ...RULES, 'no self-review', 'no bypass by administrators'],
    });
  });

  test.each([true, undefined])(
    'refuses an environment whose administrators can bypass (%s)',
    async (bypass) => {
      const reviewers = ['@hubot'];
      job.current.github.addEnvironment('production', {
        reviewers,
        canAdminsBypass: bypass,
        preventSelfReview: true,
      });
      const message = /^Administrators can bypass the rules of environment "production"/;
      expect(await messageOfFailure(check(STRICT))).toMatch(message);
      expect(await messageOfFailure(checkRules(STRICT))).toMatch(message);
    },
  );

  test('refuses an environment in which people can approve their own runs', async () => {
    job.current.github.addEnvironment('production', { reviewers: ['@hubot'], canAdminsBypass: false });
    const message = /^In environment "production" people can approve a run that they started\./;
    expect(await messageOfFailure(check(STRICT))).toMatch(message);
    expect(await messageOfFailure(checkRules(STRICT))).toMatch(message);
    expect(await checkRules({ ...STRICT, allowSelfApproval: true })).toMatchObject({ kind: 'awaited' });
  });

  test('refuses a run that was started again, about which others are only warned', async () => {
    process.env['GITHUB_RUN_ATTEMPT'] = '2';
    expect(await check()).toMatchObject({ kind: 'approved' });
    const warning =
      'This is attempt 2 of the run. GitHub does not say which attempt an approval is for: it may be for an earlier one.';
    expect(job.current.log.lines).toEqual([warning]);
    job.current.github.addEnvironment('production', {
      id: 56780428,
      reviewers: ['@hubot'],
      canAdminsBypass: false,
      preventSelfReview: true,
    });
    expect(await messageOfFailure(check(STRICT))).toBe(
      `${warning} Start a new run instead of running this one again, or set strict-approval: false.`,
    );
  });
});

describe('nobody is asked', () => {
  test('with approval: off, and nothing is sent', async () => {
    expect(await check({ approval: 'off' })).toEqual({ kind: 'off' });
    expect(await checkRules({ approval: 'off' })).toEqual({ kind: 'off' });
    expect(job.current.github.requests).toEqual([]);
  });

  test('with approval: if-protected in an environment without reviewers, which needs no more than its rules', async () => {
    job.current.github.addEnvironment('staging', { waitMinutes: 5 });
    expect(await check(IF_PROTECTED, 'staging')).toEqual({
      kind: 'unprotected',
      rules: ['wait timer: 5 min'],
    });
    expect(job.current.github.requests).toHaveLength(1);
  });

  test('with approval: if-protected outside GitHub Actions', async () => {
    delete process.env['GITHUB_RUN_ID'];
    expect(await check({ ...IF_PROTECTED, token: undefined })).toEqual({ kind: 'not-on-github' });
    delete process.env['GITHUB_REPOSITORY'];
    expect(await check({ ...IF_PROTECTED, token: undefined })).toEqual({ kind: 'not-on-github' });
  });
});

describe('a runner that does not know job.check_run_id', () => {
  const WITHOUT = { checkRunId: undefined };
  const offerIdToken = (claims: Readonly<Record<string, unknown>>): void => {
    job.current.github.idTokenClaims = claims;
    process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] = job.current.github.idTokenUrl;
    process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqb2IifQ.c2ln';
  };

  test('tells the environment in an OIDC token', async () => {
    offerIdToken({ environment: 'production' });
    expect(await check(WITHOUT)).toMatchObject({ kind: 'approved' });
    expect(job.current.github.requests).toContain('GET /idtoken?api-version=2.0&audience=sealift');
    expect(job.current.github.authorizations).toContain(
      `bearer ${process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}`,
    );
  });

  test('is refused if the OIDC token names another environment, or none', async () => {
    offerIdToken({ environment: 'staging' });
    expect(await messageOfFailure(check(WITHOUT))).toMatch(/^This job runs in environment "staging" but /);
    offerIdToken({});
    expect(await messageOfFailure(check(WITHOUT))).toMatch(/^This job runs in no environment but /);
  });

  test('is refused without the permission for an OIDC token, which the error names', async () => {
    expect(await messageOfFailure(check(WITHOUT))).toBe(
      'Cannot tell in which environment this job runs: this runner does not know job.check_run_id. Add "id-token: write" to this job\'s permissions. Then an OIDC token tells it.',
    );
  });
});

describe('the check of an environment for a later job', () => {
  test('finds reviewers without an approval, and asks for nothing but the rules', async () => {
    job.current.github.reviews.length = 0;
    expect(await checkRules()).toEqual({ kind: 'awaited', rules: RULES });
    expect(job.current.github.requests).toEqual(['GET /repos/octo/shop/environments/production']);
    expect(job.current.log.text()).toContain('the deploy refuses such an approval');
  });

  test('finds a missing environment before a job creates it', async () => {
    expect(await messageOfFailure(checkRules({}, 'prod-eu'))).toMatch(
      /^Environment "prod-eu" does not exist, /,
    );
  });

  test('finds an environment without reviewers', async () => {
    job.current.github.addEnvironment('production');
    expect(await messageOfFailure(checkRules())).toContain('so a deploy would not be gated.');
    expect(await checkRules(IF_PROTECTED)).toEqual({ kind: 'unprotected', rules: [] });
  });
});
