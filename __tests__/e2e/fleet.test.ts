/** Three servers that move as one, or not at all, while people are there. */
import { beforeAll, expect, test } from '@jest/globals';
import { fleetApp, hostsOf } from '../support/fleet-app.ts';
import { labWith } from '../support/lab.ts';
import { succeeded } from '../support/test-app.ts';

const lab = await labWith(3, { builds: true });
const fleet = fleetApp(lab, 2);
const { first, third } = fleet;

beforeAll(async () => {
  succeeded(await fleet.deploy(0));
});

test('when the third server can not switch, those that have switched already move back, and nothing of the new release runs on', async () => {
  fleet.visit();
  const edge = `/var/lib/docker/volumes/${fleet.app.name}-production-sealift/_data/edge`;
  const inEdge = (script: string) => lab.run('in', third.name, 'sh', '-c', `cd ${edge} && ${script}`);
  // Where the name of the release is to be written there is a folder.
  await inEdge('rm -f green.release && mkdir green.release');
  try {
    const run = await fleet.deploy(1);
    await fleet.expectRolledBack(run, /green\.release/);
    const others = hostsOf(run).slice(0, 2);
    expect(others.map(({ why }) => why)).toEqual(Array(2).fill(`rolled back together with ${third.url}`));
  } finally {
    await inEdge('rm -r green.release');
  }
});

test('with max-parallel a fleet moves wave after wave behind its pilot', async () => {
  fleet.visit();
  const run = succeeded(await fleet.deploy(2, { 'max-parallel': '1' }));
  fleet.live = 2;
  expect(await fleet.answering()).toEqual(['2', '2', '2']);
  await fleet.expectNothingLost();
  const switched = [...run.log.matchAll(/✓ (\S+) +switch traffic/g)].map(([, host]) => host);
  expect(switched).toEqual(fleet.all.map(({ url }) => url));
  expect(run.log).toContain(`Switch (wave 1 of 3: ${first.url}):`);
});
