/** What else a canary is judged by, beside errors, and who chooses it (../canary.test.ts). */
import { expect, test } from '@jest/globals';
import { MIN_SILENCE } from '../../../src/rollout/silence.ts';
import {
  CROWD,
  canary,
  canaryApp,
  expectRolledBack,
  LATENCY,
  LONG_STEP,
  PATIENT,
  VISITORS,
} from '../../support/canary-app.ts';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { patienceInput } from '../../support/patience.ts';
import { succeeded } from '../../support/test-app.ts';
import { meanwhile, times } from '../../support/times.ts';

const versions = canaryApp(await labWith(1));

test('a canary that is slower by far is rolled back before its first step is over', async () => {
  const load = await versions.visit(CROWD);
  // A quarter of a step is left to warm up; then a few requests are enough to see such a difference.
  const steps = `25% ${patienceInput(600)}, 100%`;
  const run = await versions.deploy(
    { LATENCY_MS: 8 * LATENCY },
    canary(steps, { 'canary-min-requests': '20' }),
  );
  expect(await expectRolledBack(run, versions, load)).toMatch(
    /the new release answers after \d+ ms \([\d,]+ requests\), the old one after \d+ ms \([\d,]+\): [\d.]+ times as long, more than canary-max-latency-ratio allows \(1.5\)/,
  );
  expect(load.look().failures).toEqual([]);
});

test.each(['no', 'always'])('a canary that crashes, with restart: %s, is rolled back', async (RESTART) => {
  const load = await versions.visit(CROWD);
  const run = await versions.deploy({ EXIT_AFTER_REQUESTS: 40, RESTART }, canary(LONG_STEP));
  expect(await expectRolledBack(run, versions, load)).toMatch(
    /web did not stay healthy while it was watched: it (exited with code|ended and was started again)/,
  );
  // What it was answering when it died, each time; all others wait, and are answered by the old release.
  const deaths = RESTART === 'no' ? 1 : 3;
  expect(load.look().failed).toBeLessThanOrEqual(VISITORS * 4 * deaths);
});

test('a canary that stops to answer midway is rolled back in its step, and nothing is lost but the requests that hung', async () => {
  const load = await versions.visit(CROWD);
  const { app, live } = versions;
  // Visitors who met the canary wait there; these ask the release that is live all the time.
  const toLive = () => ask(app.url(), { headers: { 'sealift-release': 'old' } });
  const deploy = versions.deploy({ HANG_AFTER_REQUESTS: 300 }, canary(LONG_STEP));
  const { result, seen } = await meanwhile(deploy, toLive);
  expect(await expectRolledBack(result, versions, load)).toMatch(
    /the new release has not answered any of its last \d+ requests for [\d.]+ s; the old one has answered [\d,]+ meanwhile/,
  );
  const answered = new Set(seen.map(({ status, headers }) => `${status} by ${headers['x-release']}`));
  expect(answered).toEqual(new Set([`200 by ${live}`]));
  const { failed, failures } = load.look();
  expect(failed).toBeGreaterThan(0);
  expect(failed).toBeLessThanOrEqual(VISITORS * 4);
  // What hung was given up when the canary was stopped; nothing else takes as long.
  expect(failures.filter(({ took }) => took < MIN_SILENCE * 1_000)).toEqual([]);
});

test('a canary with too few requests to judge by fails where canary-too-few says so', async () => {
  const run = await versions.deploy({}, canary('50% 1s, 100%', { 'canary-too-few': 'fail' }));
  expect(run.errors[0]?.message).toContain(
    '0 requests are too few to judge by ("canary-min-requests" is 100)',
  );
  expect(await versions.app.version()).toBe(versions.live);
});

test('a release that goes bad with all the traffic is rolled back in its bake time, judged by what the old one answered before', async () => {
  const load = await versions.visit(CROWD);
  const run = await versions.deploy({ ERROR_RATE: 50 }, { bake: '30m' });
  expect(await expectRolledBack(run, versions, load)).toMatch(
    /% of [\d,]+ answers of the new release are 5xx, .*% of [\d,]+ of the old one/,
  );
});

test('a canary that is worse within the limits of the inputs goes on', async () => {
  await versions.visit(CROWD);
  const limits = { ...PATIENT, 'canary-max-errors': '99%' };
  const steps = `50% ${patienceInput(10)}, 100%`;
  const run = succeeded(await versions.deploy({ ERROR_RATE: 50 }, canary(steps, limits)));
  expect(run.log).toMatch(/[1-9]\d*(\.\d+)?% of them 5xx/);
  expect((await ask(versions.app.url('/up'))).headers['x-release']).toBe(versions.latest);
  versions.stays();
});

test('while a canary runs a tester chooses the release by header or cookie, and what is killed then is repaired by the next run', async () => {
  const { app } = versions;
  succeeded(await versions.deploy());
  versions.stays();
  let met: readonly string[] = [];
  const meet = async (headers: Readonly<Record<string, string>>): Promise<string> =>
    JSON.parse((await ask(app.url(), { headers })).body).version;
  const byHeader = (choice: string) => meet({ 'sealift-release': choice });
  const byCookie = (choice: string) => meet({ cookie: `sealift-release-${app.name}-production=${choice}` });
  const killed = await versions.deploy({}, canary('30% 30m, 100%'), {
    interrupt: {
      when: /go to (?:blue|green), all others/,
      how: async (pid) => {
        met = [await byHeader('new'), await byHeader('old'), await byCookie('new'), await byCookie('old')];
        process.kill(pid, 'SIGKILL');
      },
    },
    withoutPost: true,
  });
  expect(killed.signal).toBe('SIGKILL');
  const { latest, live } = versions;
  expect(met).toEqual([latest, live, latest, live]);
  // Whoever does not choose meets either: of 80, all the same once in 10^12 times.
  const answers = await times(80, () => app.version());
  expect(new Set(answers)).toEqual(new Set([latest, live]));

  const load = await versions.visit({ visitors: 1, pause: 30 });
  succeeded(await versions.deploy());
  versions.stays();
  load.expect(versions.live);
  await load.answered(versions.live, 50);
  expect(load.look().failures).toEqual([]);
});
