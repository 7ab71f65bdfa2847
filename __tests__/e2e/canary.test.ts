/** A new release that is worse than the old one meets a part of the visitors, and goes again before it meets more. */
import { expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { CROWD, canary, canaryApp, expectRolledBack, LONG_STEP, PATIENT } from '../support/canary-app.ts';
import { labWith } from '../support/lab.ts';
import { patienceInput } from '../support/patience.ts';
import { succeeded } from '../support/test-app.ts';
import { meanwhile, times } from '../support/times.ts';

const versions = canaryApp(await labWith(1));

test('a canary with errors is rolled back before its first step is over, and no other request is lost', async () => {
  const load = await versions.visit(CROWD);
  const run = await versions.deploy({ ERROR_RATE: 20 }, canary(LONG_STEP));
  expect(await expectRolledBack(run, versions, load)).toMatch(
    /[\d.]+% of \d+ answers of the new release are 5xx, 0% of [\d,]+ of the old one: more than canary-max-errors allows \(1%\)/,
  );
  const { unanswered, unexpected, cut } = load.look().ends;
  expect({ unanswered, unexpected, cut }).toEqual({ unanswered: 0, unexpected: 0, cut: 0 });
});

test('a canary that is as good as the old release goes on to all visitors: none is lost, and who has met it is never led back', async () => {
  const { app } = versions;
  const load = await versions.visit(CROWD);
  const browsers = Array.from({ length: 60 }, () => new Browser());
  const visits = () =>
    times(browsers.length, (index) => browsers[index]?.visit(app.url()) ?? Promise.reject());
  const step = patienceInput(8);
  const deploy = versions.deploy({}, canary(`30% ${step}, 70% ${step}, 100%`, PATIENT));
  const run = succeeded((await meanwhile(deploy, visits)).result);
  await load.answered(versions.latest, 100);
  versions.stays();
  load.expect(versions.live);
  await load.answered(versions.live, 100);
  await visits();
  expect(load.look().failures).toEqual([]);
  expect(run.log).toMatch(/send 70% of the visitors/);
  expect(run.log).toMatch(
    /[\d,]+ requests, 0% of them 5xx, answered after \d+ ms; the old release: [\d,]+ requests/,
  );
  expect(browsers.map(({ moves }) => moves)).toEqual(browsers.map(() => 1));
  expect(browsers.map(({ met }) => met.at(-1))).toEqual(browsers.map(() => versions.live));
});

test('a canary with too few requests to judge by goes on, and the log says so', async () => {
  const run = succeeded(await versions.deploy({}, canary('50% 1s, 100%')));
  expect(run.log).toContain('0 requests are too few to judge by ("canary-min-requests" is 100)');
});
