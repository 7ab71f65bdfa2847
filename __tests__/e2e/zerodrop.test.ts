/** Releases come and go while people are there; hundreds of them: script/soak. */
import { expect, test } from '@jest/globals';
import { appInVersions } from '../support/app-in-versions.ts';
import { labWith } from '../support/lab.ts';
import { everyKind } from '../support/load/crowd.ts';
import { patienceInput } from '../support/patience.ts';
import { succeeded } from '../support/test-app.ts';

const versions = appInVersions({ lab: await labWith(1), stem: 'zero' });

test('two deploys and one that is rolled back lose no request: short and long ones, streams, WebSockets, uploads and downloads', async () => {
  const { app } = versions;
  const load = await versions.visit(everyKind({ url: app.url() }, undefined, 2000));
  for (let deploys = 0; deploys < 2; deploys += 1) {
    succeeded(await versions.deploy({}, { url: app.url('/up') }));
    versions.stays();
    await load.answered(versions.live, 40);
  }
  // Healthy by itself, and then not what it should be: it has had the traffic when it is rolled back.
  const bad = { url: app.url(), 'url-body': 'never', 'url-timeout': patienceInput(20) };
  const broken = await versions.deploy({}, bad);
  expect(broken.outputs['rolled-back']).toBe('true');
  load.expect(versions.live);
  await load.answered(versions.live, 40);
  const { failures, answers, seed, kinds } = await load.stop();
  expect({ failures, seed }).toEqual({ failures: [], seed });
  // Every release was really asked, the broken one too, and by every kind of visitor.
  expect([...answers.keys()].sort()).toEqual(['1', '2', '3', versions.latest]);
  expect(kinds.size).toBe(10);
});
