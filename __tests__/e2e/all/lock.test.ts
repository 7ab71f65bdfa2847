/** The lock of an environment, when runs race for it, are killed, or an administrator removes it (../lock.test.ts). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lockFleet } from '../../../src/rollout/fleet-lock.ts';
import { HostLock } from '../../../src/rollout/host-lock.ts';
import { LEASE_DURATION } from '../../../src/rollout/lease.ts';
import { appInVersions } from '../../support/app-in-versions.ts';
import { labWith, uniqueName } from '../../support/lab.ts';
import { lockOptions } from '../../support/lock-options.ts';
import { type OwnEngine, ownEngine } from '../../support/own-engine.ts';
import { patience, until } from '../../support/patience.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWith(2);
const versions = appInVersions({ lab, stem: 'lock' });
const OWNER = { actor: 'grace', runUrl: undefined };
const OTHER = { actor: 'ada', runUrl: undefined };

let one: OwnEngine;
let two: OwnEngine;
beforeAll(async () => {
  const [first, second] = lab.servers;
  if (first === undefined || second === undefined) throw new Error('This needs two servers.');
  one = await ownEngine(lab, first);
  two = await ownEngine(lab, second);
});
afterAll(async () => {
  await one.close();
  await two.close();
});

const anEnvironment = () => ({ app: uniqueName('lock'), environment: 'test' });

test('of eight runs that race for a lock exactly one gets it, fifty times', async () => {
  const key = anEnvironment();
  for (let race = 0; race < 50; race += 1) {
    const runs = Array.from({ length: 8 }, () =>
      HostLock.tryAcquire(one.engine, key, lockOptions(one, OWNER)),
    );
    const won = (await Promise.all(runs)).filter((each) => each instanceof HostLock);
    expect(won).toHaveLength(1);
    await won[0]?.[Symbol.asyncDispose]();
  }
});

test('two runs that lock the same two hosts never wait for each other', async () => {
  const key = anEnvironment();
  const held: string[] = [];
  const run = async (name: string, engines: Parameters<typeof lockFleet>[0]): Promise<void> => {
    for (let count = 0; count < 5; count += 1) {
      await using _lock = await lockFleet(engines, key, lockOptions(one, OWNER));
      held.push(`${name} begins`);
      await one.engine.listContainers([]);
      held.push(`${name} ends`);
    }
  };
  await Promise.all([run('one', [one.engine, two.engine]), run('two', [two.engine, one.engine])]);
  expect(held).toHaveLength(20);
  for (const [index, text] of held.entries())
    if (index % 2 === 0) expect(held[index + 1]).toBe(text.replace('begins', 'ends'));
});

test('a lock that docker container prune removes is taken again by its run', async () => {
  const key = anEnvironment();
  await using lock = await lockFleet([one.engine], key, lockOptions(one, OWNER));
  await lab.run('in', versions.app.server.name, 'docker', 'container', 'prune', '-f');
  // Renewed.
  const isThere = async (): Promise<boolean> =>
    (await one.engine.listContainers(['sealift.role=lock'])).some(({ name }) => name.startsWith(key.app));
  await until('the lock is there again', isThere);
  expect(await HostLock.tryAcquire(one.engine, key, lockOptions(one, OTHER))).toMatchObject({
    owner: { actor: 'grace' },
  });
  lock.assertHeld(one.engine.host);
});

test('a run whose lock was removed and taken by another changes nothing more', async () => {
  const key = anEnvironment();
  await using lock = await lockFleet([one.engine], key, lockOptions(one, OWNER));
  const [held] = await one.engine.listContainers(['sealift.role=lock']);
  await one.engine.removeContainer(held?.id ?? '');
  await using other = await lockFleet([one.engine], key, lockOptions(one, OTHER));
  const isLost = (): boolean => {
    try {
      lock.assertHeld(one.engine.host);
      return false;
    } catch (error) {
      return /another run has locked it/.test(String(error));
    }
  };
  await until('the loss is known', isLost);
  other.assertHeld(one.engine.host);
});

test('a lock whose lease has expired is taken over, and the log says whose it was', async () => {
  const key = anEnvironment();
  await using _dead = await lockFleet([one.engine], key, lockOptions(one, OWNER));
  const [held] = await one.engine.listContainers(['sealift.role=lock']);
  const lease = new Map([['lease', { content: '{"expires":0}', mode: 0o600 }]]);
  await one.engine.writeFiles(held?.id ?? '', '/', lease);
  await using _lock = await lockFleet([one.engine], key, lockOptions(one, OTHER));
  expect(one.step.lines.join('\n')).toMatch(/the lock of a run of grace.* has expired/);
});

test('the lock of a step that was killed is removed by its post step when that has finished, and the next deploy waits for nobody', async () => {
  const interrupt = { when: /✓ .* start web/, how: 'SIGKILL' } as const;
  const killed = await versions.deploy({}, {}, { interrupt });
  expect(killed.succeeded).toBe(false);
  expect(killed.post?.log).toContain('This step was cut short.');
  expect(await one.engine.listContainers(['sealift.role=lock'])).toEqual([]);
  const next = succeeded(await versions.deploy());
  expect(next.log).not.toMatch(/waiting for a run|has expired/);
  expect(await versions.app.version()).toBe(versions.latest);
});

test('the lock of a step that was killed with its post step expires, and the next deploy takes it then', async () => {
  const interrupt = { when: /✓ .* start web/, how: 'SIGKILL' } as const;
  const killed = await versions.deploy({}, {}, { interrupt, withoutPost: true });
  expect(killed.succeeded).toBe(false);
  const began = performance.now();
  const next = succeeded(await versions.deploy());
  expect(next.log).toMatch(/the lock of a run of mona.* has expired/);
  expect(performance.now() - began).toBeLessThan(LEASE_DURATION + patience(200));
  expect(await versions.app.version()).toBe(versions.latest);
});
