/** What a release has printed, of every host: of the live one, of a stopped one, of an accessory, and as it comes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Inputs } from '../../support/action.ts';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { labWith, sshInputs } from '../../support/lab.ts';
import { succeeded, testApp } from '../../support/test-app.ts';

const lab = await labWith(2);
/** It clears a terminal, gives the runner a command, and reads backwards. */
const HOSTILE = String.raw`\u001b[2J\r::error::no\u202etxt`;
const PRINTS = `console.log("version $VERSION ${HOSTILE}"); setInterval(() => console.log("tick"), 200)`;
const app = await testApp({
  lab,
  stem: 'logs',
  servers: lab.servers,
  files: () =>
    compose({
      services: {
        worker: {
          image: '${IMAGE}',
          command: ['node', '-e', PRINTS],
          stop_grace_period: '1s',
        },
        store: { image: 'redis:7' },
      },
    }),
});
const logs = (inputs: Inputs = {}, options: Parameters<typeof app.run>[2] = {}) =>
  app.run(
    'logs',
    { app: app.name, environment: app.environment, ...sshInputs(lab, lab.servers), ...inputs },
    options,
  );

let first: string | undefined;
beforeAll(async () => {
  const image = await probeImage(lab);
  first = succeeded(await app.deploy(image, { env: 'VERSION=1' })).outputs['release'];
  succeeded(await app.deploy(image, { env: 'VERSION=2' }));
});
afterAll(() => app.remove());

test('the live release, of every host with its name in front, without effect on a terminal or the runner', async () => {
  const { log, errors } = succeeded(await logs({ tail: 'all' }));
  for (const { url } of lab.servers) expect(log).toContain(`${url}  │ worker-1`);
  expect(log).toContain('version 2 ');
  expect(log).not.toContain('version 1 ');
  expect(log).not.toContain('redis');
  expect(log).not.toContain('\u001b');
  expect(log).not.toContain('\u202e');
  expect(errors).toEqual([]);
});

test('a stopped release by its id, so many lines of it, and those since a time', async () => {
  const all = succeeded(await logs({ release: first, tail: 'all' })).log;
  expect(all).toContain('version 1 ');
  const some = succeeded(await logs({ release: first, tail: '3' })).log;
  expect(some.match(/│ worker-1/g)).toHaveLength(3 * lab.servers.length);
  const none = succeeded(
    await logs({ release: first, since: new Date(Date.now() + 3_600_000).toISOString() }),
  );
  expect(none.log).not.toContain('│ worker-1');
});

test('an accessory, if it is named', async () => {
  const { log } = succeeded(await logs({ services: 'store' }));
  expect(log).toMatch(/│ store-1 +\| .*[Rr]edis/);
  expect(log).not.toContain('worker-1');
  const refused = await logs({ services: 'shop' });
  expect(refused.errors[0]?.message).toContain(
    'has no container of service "shop", but of worker and store.',
  );
});

test('with follow, until it is ended', async () => {
  let ticks = 0;
  const ends = {
    test(line: string) {
      if (line.includes('tick')) ticks += 1;
      return ticks > 40;
    },
    toString: () => '41 ticks',
  };
  const run = await logs({ follow: 'true', tail: '0' }, { interrupt: { when: ends, how: 'SIGINT' } });
  expect(ticks).toBeGreaterThan(40);
  expect(run.errors).toEqual([]);
  for (const { url } of lab.servers) expect(run.log).toContain(`${url}  │ worker-1`);
});
