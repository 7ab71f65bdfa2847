/** A removal that meets what it must not touch, or a host that it can not reach. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { probeImage } from '../../support/apps/images.ts';
import { snapshot } from '../../support/lab/snapshot.ts';
import { labWith } from '../../support/lab.ts';
import { deployVersion, hasProbeImage, removableApp, tracesOf } from '../../support/removable-app.ts';
import { reportOf, succeeded, type TestApp } from '../../support/test-app.ts';

const lab = await labWith(2);
let app: TestApp;

beforeAll(async () => {
  app = await removableApp(lab, 'fleet', lab.servers.slice(0, 2));
  await deployVersion(app, '1');
});
afterAll(() => app.remove());

test('nothing is removed while the container of somebody else is on one of its networks or has one of its volumes', async () => {
  const { engine } = app.server;
  const [network, volume] = [`${app.name}-production_inner`, `${app.name}-production_data`];
  const guests = [
    [network, { HostConfig: { NetworkMode: network, Init: true } }],
    [volume, { HostConfig: { Binds: [`${volume}:/backup`], Init: true } }],
  ] as const;
  for (const [used, spec] of guests) {
    const name = `guest-of-${app.name}`;
    const command = { Image: 'busybox:1', Cmd: ['sleep', '1d'] };
    await engine.post(`/containers/create?name=${name}`, { ...command, ...spec });
    try {
      await engine.post(`/containers/${name}/start`);
      const before = await snapshot(app.server);
      const run = await app.removeEnvironment({ hosts: app.server.url, 'remove-volumes': 'true' });
      expect(run.succeeded).toBe(false);
      for (const part of [name, used]) expect(run.errors[0]?.message).toContain(part);
      expect(await snapshot(app.server)).toBe(before);
    } finally {
      await engine.delete(`/containers/${name}?force=1`);
    }
  }
});

test('a host that can not be reached does not keep the others from being cleaned, and is named; an image that somebody else runs stays', async () => {
  const gone = 'unix:///nowhere/docker.sock';
  const hosts = [gone, ...app.servers.map(({ url }) => url)].join('\n');
  const image = await probeImage(lab);
  const guest = `guest-of-${app.name}`;
  await app.server.engine.post(`/containers/create?name=${guest}`, { Image: image, HostConfig: {} });
  const run = await app.removeEnvironment({ hosts });
  expect(run.succeeded).toBe(false);
  expect(await hasProbeImage(app)).toBe(true);
  await app.server.engine.delete(`/containers/${guest}`);
  for (const server of app.servers)
    expect(await tracesOf(app, server)).toEqual([`volume ${app.name}-production_data`]);
  expect(run.errors[0]?.message).toContain(`may still be on ${gone}: when the cause is gone, run this again`);
  const report = reportOf(run);
  expect(report.result).toBe('failed');
  expect(report.hosts.map(({ why }: { why: string }) => why)).toEqual([
    expect.not.stringMatching(/^removed/),
    'removed',
    'removed',
  ]);
});

test('an anonymous volume that an update of an accessory handed on goes with the others, too', async () => {
  const updated = await removableApp(lab, 'updated', lab.servers.slice(0, 1));
  try {
    const { engine } = updated.server;
    const volumes = async (): Promise<readonly string[]> =>
      ((await engine.get('/volumes')).Volumes ?? []).map(({ Name }: { Name: string }) => Name).sort();
    const before = await volumes();
    await deployVersion(updated, '1');
    const file = join(updated.checkout.path, 'compose.yaml');
    const changed = (await readFile(file, 'utf8')).replace('exec sleep 1d', 'exec sleep 2d');
    await updated.checkout.commit({ 'compose.yaml': changed });
    const handedOn = (await volumes()).filter((name) => /^[0-9a-f]{64}$/.test(name));
    await deployVersion(updated, '2', { accessories: 'update' });
    expect((await volumes()).filter((name) => /^[0-9a-f]{64}$/.test(name))).toEqual(handedOn);
    succeeded(await updated.removeEnvironment({ 'remove-volumes': 'true' }));
    expect(await volumes()).toEqual(before);
  } finally {
    await updated.remove();
  }
});
