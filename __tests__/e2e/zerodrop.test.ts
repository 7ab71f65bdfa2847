/** Releases come and go while people are there. */
import { expect, test } from '@jest/globals';
import { probe, webApp } from '../support/apps/probe.ts';
import { readLab } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { succeeded, testApp } from '../support/test-app.ts';

const lab = readLab();
const DEPLOYS = 5;

test('five deploys and one that is rolled back lose no request: GET and POST, kept and fresh connections', async () => {
  const app = await testApp({ lab, stem: 'zero', files: (port) => webApp({ version: '0', port }) });
  try {
    succeeded(await app.deliver());
    const load = startLoad(app.url());
    await load.answered('0', 40);
    for (let version = 1; version <= DEPLOYS; version += 1) {
      await app.checkout.commit(probe({ version: String(version) }));
      succeeded(await app.deliver({ url: app.url('/up') }));
      await load.answered(String(version), 40);
    }
    await app.checkout.commit(probe({ version: 'broken' }));
    // Healthy by itself, and then not what it should be: it has had the traffic when it is rolled back.
    const broken = await app.deliver({ url: app.url(), 'url-body': 'never', 'url-timeout': '2s' });
    expect(broken.outputs['rolled-back']).toBe('true');
    await load.answered(String(DEPLOYS), 100);
    const { failures, requests, answers } = await load.stop();

    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(1000);
    // Every release was really asked, the broken one too.
    const versions = [...Array.from({ length: DEPLOYS + 1 }, (_, version) => String(version)), 'broken'];
    expect([...answers.keys()].sort()).toEqual(versions.sort());
  } finally {
    await app.remove();
  }
}, 240_000);

test('a long request is finished by the release that began it', async () => {
  const app = await testApp({ lab, stem: 'long', files: (port) => webApp({ version: '1', port }) });
  try {
    succeeded(await app.deliver());
    await app.checkout.commit(probe({ version: '2' }));
    const { image } = succeeded(await app.build()).outputs;
    const slow = fetch(app.url('/slow?ms=9000')).then((answer) => answer.json());
    succeeded(await app.deploy(image));
    expect(await slow).toEqual({ version: '1' });
    expect(await app.version()).toBe('2');
  } finally {
    await app.remove();
  }
});
