/** What visitors can not reach by other strategies, and what counts as an answer (../reachable.test.ts). */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { until } from '../../support/patience.ts';
import { expectUnreachable, HOPELESS, reachableApp } from '../../support/reachable-app.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';
import { meanwhile, times } from '../../support/times.ts';
import { when } from '../../support/when.ts';

const lab = await labWith(1, { builds: true });
const reachable = reachableApp(lab);

describe('a release that visitors can not reach is not accepted, though its HEALTHCHECK says healthy', () => {
  let live = '';

  beforeAll(async () => {
    live = await reachable.deployReachable();
  });

  test.each([
    ['listens on another port', 'canary', { PORT: '8080' }, { canary: '50% 2s, 100%' }],
    ['listens on 127.0.0.1', 'rolling', { ADDRESS: '127.0.0.1' }, {}],
    [
      'listens on 127.0.0.1, without a HEALTHCHECK,',
      'recreate',
      { ADDRESS: '127.0.0.1', UNCHECKED: 'true' },
      {},
    ],
  ] as const)(
    'a release that %s is not accepted by %s, and the error names the service, its port, what was seen and what to change',
    async (_, strategy, behaviour, inputs) => {
      const run = await reachable.deploy(behaviour, { strategy, ...HOPELESS, ...inputs });
      expectUnreachable(run);
      expect(await reachable.visit()).toBe(live);
    },
  );

  test.each([
    ['with a HEALTHCHECK', {}],
    ['whose port is open', { UNCHECKED: 'true' }],
  ])(
    'a release %s is not accepted if it speaks no HTTP, and the error names app_protocol: tcp',
    async (_, behaviour) => {
      const run = await reachable.deploy({ HOW: 'tcp', ...behaviour }, HOPELESS);
      expect(run.succeeded).toBe(false);
      expect(run.errors[0]?.message).toMatch(/not HTTP[\s\S]*app_protocol: tcp/);
      expect(await reachable.visit()).toBe(live);
    },
  );
});

test('a canary that visitors do not reach any more, though its HEALTHCHECK says healthy, is rolled back in the middle of its step', async () => {
  const release = String(succeeded(await reachable.deploy({})).outputs['release']);
  const live = await reachable.visit();
  const visits = async (count: number) => await times(count, () => ask(reachable.app.url()), 2);
  const canary = when('go to', async () => {
    await until('the canary answers visitors', async () =>
      (await visits(10)).some(({ status, body }) => status === 200 && body !== live),
    );
    await reachable.cutOffBeside(release);
  });
  const inputs = { strategy: 'canary', canary: '50% 30m, 100%', 'canary-min-requests': '20' };
  const { result, seen } = await meanwhile(reachable.deploy({}, inputs, { onLine: canary.onLine }), () =>
    visits(10),
  );
  await canary.done();
  expect(seen.flat().some(({ status }) => status === 502)).toBe(true);
  expect(result.outputs['rolled-back']).toBe('true');
  // Whether it has answered a visitor after the watch of its step began, and before it was cut off, is chance.
  expect(result.errors[0]?.message).toMatch(
    /answers of the new release are 5xx|the edge answered 502 in its place/,
  );
  expect(await reachable.visit()).toBe(live);
});

test('after a failed deploy the report says that nobody reaches the live release, and that it was so before', async () => {
  const release = await reachable.dieForVisitors();
  const run = await reachable.deploy({ ADDRESS: '127.0.0.1' }, HOPELESS);
  expect(run.succeeded).toBe(false);
  const report = reportOf(run);
  expect(report.hosts[0].unreachable[0]).toMatch(/web gives no answer on port 3000/);
  expect(report.hosts[0].unreachableBefore[0]).toMatch(/web gives no answer on port 3000/);
  expect(report.state).toContain(`NOBODY REACHES ${release}`);
  expect(report.state).toContain('It was not reached before this run either.');
  expect(report.state).not.toMatch(/Traffic stayed|Traffic is on/);
  expect(run.errors[0]?.message).toContain('NOBODY REACHES');
});

describe('any answer of the app is enough', () => {
  test.each([
    ['a redirect to where nobody is', 'moved'],
    ['a response whose body takes longer than the check', 'slow'],
    ['a WebSocket, where every other connection is closed', 'websocket'],
  ])('a release whose answer is %s is accepted', async (_, how) => {
    const run = succeeded(await reachable.deploy({ HOW: how }));
    expect(reportOf(run).result).toBe('deployed');
  });

  test('a release that answers health-path with 404 is accepted if a HEALTHCHECK decides', async () => {
    succeeded(await reachable.deploy({ HOW: 'missing' }, { 'health-path': '/nothing' }));
  });
});

describe('without an edge, a service that publishes its port itself', () => {
  const own = reachableApp(lab, 1, { edge: 'none' });

  test('is not accepted if visitors can not reach it, and what is live serves again', async () => {
    const live = await own.deployReachable();
    const run = await own.deploy({ ADDRESS: '127.0.0.1' }, HOPELESS);
    expectUnreachable(run);
    expect(reportOf(run).state).toContain('Traffic is on');
    expect(await own.visit()).toBe(live);
  });

  test('is not accepted if it speaks no HTTP, and the error names app_protocol: tcp', async () => {
    const run = await own.deploy({ HOW: 'tcp' }, HOPELESS);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(/not HTTP[\s\S]*app_protocol: tcp/);
  });

  test.each(['moved', 'slow', 'websocket', 'missing'])('is accepted with any answer: %s', async (how) => {
    succeeded(await own.deploy({ HOW: how }));
  });

  test('is asked while it is live: the report of a failed deploy says that nobody reached it', async () => {
    const release = await own.dieForVisitors();
    const run = await own.deploy({ ADDRESS: '127.0.0.1' }, HOPELESS);
    expect(run.succeeded).toBe(false);
    const report = reportOf(run);
    expect(report.hosts[0].unreachableBefore[0]).toMatch(/web gives no answer on port 3000/);
    expect(report.state).toContain(release);
  });
});
