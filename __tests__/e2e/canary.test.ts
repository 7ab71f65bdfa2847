/** A new release that is worse than the old one meets a part of the visitors, and goes again before it meets more. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parseDuration } from '../../src/model/duration.ts';
import type { ActionRun, Inputs } from '../support/action.ts';
import { AppInVersions } from '../support/app-in-versions.ts';
import { Browser } from '../support/browser.ts';
import { ask } from '../support/http.ts';
import { readLab } from '../support/lab.ts';
import { type Load, startLoad } from '../support/load/load.ts';
import { reportOf, succeeded, type TestApp } from '../support/test-app.ts';
import { times } from '../support/times.ts';

const lab = readLab();
const LATENCY = 40;
/** In one step of a canary this long a worse release must be gone. */
const STEP = 30_000;
/** Of each of four kinds, each with one request at a time. */
const VISITORS = 3;

let app: TestApp;
let versions: AppInVersions;
let load: Load;

beforeAll(async () => {
  versions = await AppInVersions.begin({
    lab,
    stem: 'canary',
    service: { restart: '${RESTART:-no}' },
    behaviour: { ERROR_RATE: 0, LATENCY_MS: LATENCY, EXIT_AFTER_REQUESTS: '' },
  });
  ({ app } = versions);
}, 180_000);
afterAll(() => app.remove());

beforeEach(() => {
  // About 150 requests a second, each of a visitor without a cookie: he meets either release by chance.
  load = startLoad(app.url(), { visitors: VISITORS, pause: 30 });
});
afterEach(() => load.stop());

const canary = (steps: string, inputs: Inputs = {}): Inputs => ({
  strategy: 'canary',
  canary: steps,
  ...inputs,
});

/** The run failed, and everybody is back on the release that was live before; answers what it said and how long it was met. */
async function expectRolledBack(run: ActionRun): Promise<string> {
  const messages = run.errors.map(({ message }) => message);
  expect({ exitCode: run.exitCode, errors: messages.length, log: run.exitCode === 1 ? '' : run.log }).toEqual(
    {
      exitCode: 1,
      errors: 1,
      log: '',
    },
  );
  expect(run.outputs['rolled-back']).toBe('true');
  load.expect(versions.live);
  await load.answered(versions.live, 200);
  const [host] = reportOf(run).hosts;
  expect(host.is).toBe(host.was);
  return messages[0] ?? '';
}

/** How long a release was judged before it was rolled back, and what that cost; it must have been within the step. */
function expectWithinStep(what: string, run: ActionRun): void {
  const [, judged = ''] = /✗ .* for \S+ {2}(\S+) {2}/.exec(run.log) ?? [];
  const took = parseDuration(judged) ?? Number.NaN;
  const { requests, took: lasted, answers, failed } = load.look();
  const met = (answers.get(versions.latest) ?? 0) + failed;
  const all = Math.round((requests / lasted) * STEP);
  console.log(
    `${what}: rolled back after ${judged}; it met ${met} requests, ${failed} of which failed. ` +
      `All visitors for ${STEP / 1000} s would have been ${all}, of which ${Math.round((all * failed) / Math.max(1, met))} had failed.`,
  );
  expect(took).toBeLessThan(STEP);
}

describe('rolled back within one step is a canary', () => {
  test('with ten errors in a hundred requests', async () => {
    const run = await versions.deploy({ ERROR_RATE: 10 }, canary(`25% ${STEP}ms, 100%`));
    expect(await expectRolledBack(run)).toMatch(
      /[\d.]+% of \d+ answers of the new release are 5xx, 0% of [\d,]+ of the old one: more than canary-max-errors allows \(1%\)/,
    );
    const { ends } = load.look();
    expectWithinStep('10% errors', run);
    expect({ ...ends, answered: 0, failed: 0 }).toEqual({
      answered: 0,
      unanswered: 0,
      unexpected: 0,
      cut: 0,
      failed: 0,
    });
  });

  test('with doubled latency', async () => {
    const run = await versions.deploy({ LATENCY_MS: 2 * LATENCY }, canary(`25% ${STEP}ms, 100%`));
    expect(await expectRolledBack(run)).toMatch(
      /the new release answers after \d+ ms \(\d+ requests\), the old one after \d+ ms \([\d,]+\): [\d.]+ times as long, more than canary-max-latency-ratio allows \(1.5\)/,
    );
    expectWithinStep('doubled latency', run);
    expect(load.look().failures).toEqual([]);
  });

  test.each(['no', 'always'])('that crashes, with restart: %s', async (RESTART) => {
    const run = await versions.deploy({ EXIT_AFTER_REQUESTS: 40, RESTART }, canary(`25% ${STEP}ms, 100%`));
    expect(await expectRolledBack(run)).toMatch(
      /web did not stay well while it was watched: it (exited with code|ended and was started again)/,
    );
    expectWithinStep(`crash, restart: ${RESTART}`, run);
    // What it was answering when it died; all others wait, and are answered by the old release.
    expect(load.look().failed).toBeLessThanOrEqual(VISITORS * 4);
  });
});

test('a canary that is as good as the old release goes on to all visitors, without a lost request', async () => {
  const run = succeeded(await versions.deploy({}, canary('25% 6s, 60% 6s, 100% 4s')));
  await load.answered(versions.latest, 100);
  versions.stays();
  load.expect(versions.live);
  await load.answered(versions.live, 100);
  expect(load.look().failures).toEqual([]);
  expect(run.log).toMatch(
    /[\d,]+ requests, 0% of them 5xx, answered after \d+ ms; the old release: [\d,]+ requests/,
  );
});

test('a visitor stays with the release that he met first until all move; as the share grows nobody is led back', async () => {
  const browsers = Array.from({ length: 60 }, () => new Browser());
  const over = new AbortController();
  const browsing = (async () => {
    while (!over.signal.aborted)
      await times(browsers.length, (index) => browsers[index]?.visit(app.url()) ?? Promise.reject());
  })();
  const run = succeeded(await versions.deploy({}, canary('30% 3s, 70% 3s, 100%')));
  over.abort();
  await browsing;
  await times(browsers.length, (index) => browsers[index]?.visit(app.url()) ?? Promise.reject());
  versions.stays();
  expect(run.log).toMatch(/send 70% of the visitors/);
  expect(browsers.map(({ moves }) => moves)).toEqual(browsers.map(() => 1));
  expect(browsers.map(({ met }) => met.at(-1))).toEqual(browsers.map(() => versions.live));
  // They did not all move at once.
  expect(new Set(browsers.map(({ met }) => met.indexOf(versions.live))).size).toBeGreaterThan(2);
});

test('while a canary runs a tester chooses, and what is killed then is put right by the next run', async () => {
  await load.stop();
  let met: readonly string[] = [];
  const meet = async (headers: Readonly<Record<string, string>>): Promise<string> =>
    JSON.parse((await ask(app.url(), { headers })).body).version;
  const byHeader = (choice: string) => meet({ 'sealift-release': choice });
  const byCookie = (choice: string) => meet({ cookie: `sealift-release-${app.name}-production=${choice}` });
  const killed = await versions.deploy({}, canary('30% 5m, 100%'), {
    interrupt: {
      when: /go to (?:blue|green), all others/,
      how: async (pid) => {
        met = [await byHeader('new'), await byHeader('old'), await byCookie('new'), await byCookie('old')];
        process.kill(pid, 'SIGKILL');
      },
    },
  });
  expect(killed.signal).toBe('SIGKILL');
  const { latest, live } = versions;
  expect(met).toEqual([latest, live, latest, live]);
  const answers = await Promise.all(Array.from({ length: 80 }, () => app.version()));
  expect(new Set(answers)).toEqual(new Set([versions.latest, versions.live]));

  load = startLoad(app.url(), { visitors: 2, pause: 30 });
  succeeded(await versions.deploy());
  versions.stays();
  load.expect(versions.live);
  await load.answered(versions.live, 50);
  expect(load.look().failures).toEqual([]);
});

describe('too few requests to judge by', () => {
  beforeEach(() => load.stop());

  test('are said, and the canary goes on', async () => {
    const run = succeeded(await versions.deploy({}, canary('50% 2s, 100%')));
    versions.stays();
    expect(run.log).toContain('0 requests are too few to judge by (canary-min-requests is 100)');
  });

  test('fail where that is asked for', async () => {
    const run = await versions.deploy({}, canary('50% 2s, 100%', { 'canary-too-few': 'fail' }));
    expect(run.errors[0]?.message).toContain(
      '0 requests are too few to judge by (canary-min-requests is 100)',
    );
    expect(await app.version()).toBe(versions.live);
  });
});

test('a release that goes bad with all the traffic is rolled back in its bake time, judged by what the old one answered before', async () => {
  const run = await versions.deploy({ ERROR_RATE: 10 }, { bake: `${STEP}ms` });
  expect(await expectRolledBack(run)).toMatch(
    /% of \d+ answers of the new release are 5xx, .*% of [\d,]+ of the old one/,
  );
  expectWithinStep('10% errors in a bake', run);
});

test('what is too much is what the inputs say', async () => {
  const limits = {
    'canary-max-errors': '60%',
    'canary-max-latency-ratio': '20',
    'canary-min-requests': '30',
  };
  const worse = { ERROR_RATE: 20, LATENCY_MS: 2 * LATENCY };
  const run = succeeded(await versions.deploy(worse, canary('50% 4s, 100%', limits)));
  expect(run.log).toMatch(/[1-4]\d(\.\d+)?% of them 5xx/);
  expect((await ask(app.url('/up'))).headers['x-release']).toBe(versions.latest);
});
