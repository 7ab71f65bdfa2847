/** Approval gates: nobody's deploy goes through unapproved, and everybody can see who approved. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compose, probe } from '../support/apps/probe.ts';
import { GitHubStandIn } from '../support/github/stand-in.ts';
import { tagsOf } from '../support/lab/registry.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { labWith } from '../support/lab.ts';
import { CHECK_RUN_ID } from '../support/runner/environment.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });

let app: TestApp;
let github: GitHubStandIn;
const git = (...args: string[]): string =>
  execFileSync('git', ['-C', app.checkout.path, ...args], { encoding: 'utf8' }).trim();

beforeAll(async () => {
  github = await GitHubStandIn.start();
  github.addEnvironment('production', { reviewers: ['@hubot', 'octo/ops'], preventSelfReview: true });
  github.checkRuns.set(CHECK_RUN_ID, 'production');
  // As GitHub would answer if the commits were pushed.
  github.relate = (base, head) => {
    const common = git('merge-base', base, head);
    if (base === head) return 'identical';
    return common === head ? 'behind' : common === base ? 'ahead' : 'diverged';
  };
  app = await testApp({
    lab,
    stem: 'gate',
    files: (port) => ({
      ...probe({ version: '1' }),
      ...compose({ services: { web: { build: '.', ports: [`${port}:3000`] } } }),
    }),
  });
});
afterAll(async () => {
  await app.remove();
  await github.close();
});

test('a run that nobody approved is refused before a host or a registry is touched', async () => {
  const before = await snapshot(app.server);
  const run = await app.deliver({}, { github });
  expect(run.succeeded).toBe(false);
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Nobody approved this run for environment "production".* Nothing was deployed\.$/),
  ]);
  expect(run.summary).toContain('Nobody approved this run');
  expect(run.lines.map(({ group }) => group)).not.toContain('Connect');
  expect(run.debug.join('\n')).not.toMatch(/docker|ssh/);
  expect(await snapshot(app.server)).toBe(before);
  expect(await tagsOf(lab, `e2e/${app.name}`)).toEqual([]);
});

test('an approved run is deployed, and the log, the summary and the status say who approved it', async () => {
  github.addReview('production', 'hubot', { comment: 'Ship it' });
  const run = succeeded(await app.deliver({}, { github }));
  const rules = 'required reviewers: @hubot, team ops; no self-review';
  expect(run.log).toContain(`Approved by @hubot ("Ship it"). Rules: ${rules}`);
  expect(run.summary).toContain('approved by @hubot');
  expect(run.outputs['environment-url']).toBe(app.url('').replace(/\/$/, ''));
  const approval = { kind: 'approved', approvers: [{ login: 'hubot', comment: 'Ship it' }] };
  expect(reportOf(run).approval).toMatchObject(approval);

  const status = succeeded(await app.status());
  expect(reportOf(status).hosts[0].kept[0].approval).toMatchObject(approval);
  for (const text of [status.log, status.summary]) expect(text).toContain('@hubot');
});

test('an old job that is run again is refused with both commits, before it builds anything', async () => {
  const old = app.checkout.sha;
  const live = await app.checkout.commit(probe({ version: '2' }));
  succeeded(await app.deliver({}, { github }));
  const tags = await tagsOf(lab, `e2e/${app.name}`);
  git('checkout', '--quiet', old);
  const rerun = { github, sha: old, runAttempt: '2' };
  const run = await app.deliver({ rebuild: 'true', tags: 'latest' }, rerun);
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toContain(`Commit ${old} is older than the live commit ${live} on ssh://`);
  expect(run.errors[0]?.message).toContain('use the rollback action');
  expect(run.errors[0]?.message).toMatch(/Nothing was deployed\.$/);
  expect(await tagsOf(lab, `e2e/${app.name}`)).toEqual(tags);
  expect(await app.version()).toBe('2');

  succeeded(await app.deliver({ 'allow-downgrade': 'true' }, rerun));
  expect(await app.version()).toBe('1');
  git('checkout', '--quiet', 'main');
});

test('a rollback is gated too, says how to open the gate, and the records show that it was opened', async () => {
  github.reviews.length = 0;
  const refused = await app.rollback({}, { github });
  expect(refused.errors[0]?.message).toMatch(
    /^Nobody approved this run .* In an emergency, set approval: off to roll back without an approval\. .* Nothing was changed\.$/,
  );
  const run = succeeded(await app.rollback({ approval: 'off' }, { github }));
  expect(await app.version()).toBe('2');
  expect(run.notices.map(({ message }) => message)).toContain('Nobody was asked: approval is off');
  expect(run.summary).toContain('**approval off**');
  expect(succeeded(await app.status()).log).toMatch(/● .* approval off /);
});

test('a removal is gated too, before a host is touched', async () => {
  const before = await snapshot(app.server);
  const refused = await app.removeEnvironment({}, { github });
  expect(refused.errors[0]?.message).toMatch(/^Nobody approved this run .* Nothing was removed\.$/);
  expect(await snapshot(app.server)).toBe(before);
  // A dry run changes nothing, so it asks nobody.
  succeeded(await app.removeEnvironment({ 'dry-run': 'true' }, { github }));
});

test('the action gate finds a missing environment, and what a deploy would wait for', async () => {
  const { checkout } = app;
  const options = { workspace: checkout.path, sha: checkout.sha, github };
  const missing = await app.run('gate', { environment: 'prod' }, options);
  expect(missing.errors[0]?.message).toMatch(/^Environment "prod" does not exist, /);
  const run = succeeded(await app.run('gate', { environment: 'production' }, options));
  expect(run.outputs).toMatchObject({ protected: 'true' });
  expect(run.summary).toContain('production: a deploy waits for an approval');
});
