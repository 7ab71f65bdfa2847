/** Behind a proxy of the user's own: in which order things are done, and what else can become of it (../without-edge.test.ts). */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { appInVersions } from '../../support/app-in-versions.ts';
import { HEALTH } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { labWith, uniqueName } from '../../support/lab.ts';
import { startLoad } from '../../support/load/load.ts';
import { patienceInput, until } from '../../support/patience.ts';
import { ProxiedApp } from '../../support/proxied-app.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';
import { TRAEFIK_CONFIG, traefikLabels, traefikService } from '../../support/traefik.ts';

const lab = await labWith(1);
const it = new ProxiedApp(lab);
beforeAll(async () => {
  succeeded(await it.deploy('1'));
});

test('behind a proxy of the user’s own replicas are replaced one after another, without a lost request', async () => {
  const { app } = it;
  const rolling = { deploy: { replicas: 2, update_config: { parallelism: 1, order: 'start-first' } } };
  await app.checkout.commit(it.files(rolling));
  succeeded(await it.deploy('2'));
  const load = startLoad(it.url);
  try {
    await load.answered('2', 20);
    succeeded(await it.deploy('3', { strategy: 'rolling' }));
    await load.answered('3', 20);
  } finally {
    expect((await load.stop()).failures).toEqual([]);
  }
});

test('behind a proxy of the user’s own the new one becomes healthy, both stand for a while, then the old one is told to stop', async () => {
  const { app } = it;
  await app.checkout.commit(it.files());
  const former = succeeded(await it.deploy('4')).outputs['release'];
  const run = succeeded(await it.deploy('5', { bake: '3s' }));
  const stateOf = async (id: string | undefined) =>
    (await app.server.engine.get(`/containers/${app.name}-production-${id}-web-1/json`)).State;
  const [old, fresh] = [await stateOf(former), await stateOf(run.outputs['release'])];

  const steps: readonly { readonly text: string }[] = reportOf(run).steps;
  const order = ['start web of', 'check web of', 'watch', 'accept', 'stop web of'];
  const places = order.map((text) => steps.findIndex((step) => step.text.startsWith(text)));
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(places).not.toContain(-1);
  // By the engine's clock: healthy for the whole bake time beside the old one.
  expect(Date.parse(old.FinishedAt) - Date.parse(fresh.StartedAt)).toBeGreaterThan(3000);
  expect(fresh).toMatchObject({ Status: 'running', Health: { Status: 'healthy' } });
});

test('behind a proxy of the user’s own a release that does not become healthy never replaces the old one', async () => {
  const inputs = { 'health-timeout': patienceInput(60) };
  const run = await it.deploy('sick', inputs, ['UP_AFTER_MS=never']);
  expect(run.succeeded).toBe(false);
  expect(await it.version()).toBe('5');
});

test('behind a proxy of the user’s own a rollback overlaps as well', async () => {
  const load = startLoad(it.url);
  try {
    await load.answered('5', 10);
    succeeded(await it.app.rollback());
    await load.answered('4', 20);
  } finally {
    expect((await load.stop()).failures).toEqual([]);
  }
});

test('the edge can be had later, and given up again', async () => {
  const { app } = it;
  await app.checkout.commit(it.files({ ports: [`${app.port}:3000`] }));
  succeeded(await it.deploy('6', { edge: 'caddy' }));
  expect(await app.version()).toBe('6');
  expect(await it.names()).toContain(`${app.name}-production-edge`);

  // The port moves from the edge to the service.
  succeeded(await it.deploy('7'));
  expect(await app.version()).toBe('7');

  await app.checkout.commit(it.files());
  succeeded(await it.deploy('8'));
  expect(await it.version()).toBe('8');
  expect(await it.names()).not.toContain(`${app.name}-production-edge`);
});

test('without an edge a service that publishes a port itself changes hands with a gap, which the plan says', async () => {
  const { app } = it;
  await app.checkout.commit(it.files({ ports: [`${app.port}:3000`] }));
  const run = succeeded(await it.deploy('9'));
  expect(run.log).toContain(`web: exclusive (with edge: none it publishes port ${app.port} itself)`);
  expect(await app.version()).toBe('9');
  succeeded(await it.deploy('10'));
  expect(await app.version()).toBe('10');

  // The port moves from the service to the edge.
  succeeded(await it.deploy('11', { edge: 'caddy' }));
  expect(await app.version()).toBe('11');
});

test('docker system prune -af and docker volume prune -af take neither the records nor the way back', async () => {
  const { app } = it;
  const docker = (...args: readonly string[]) => lab.run('in', app.server.name, 'docker', ...args);
  succeeded(await it.deploy('before'));
  succeeded(await it.deploy('after'));
  await docker('system', 'prune', '-af');
  await docker('volume', 'prune', '-af');
  succeeded(await app.rollback());
  expect(await it.version()).toBe('before');
});

/** Visitors of the stand-in for Traefik, which finds a service by labels that say no more than they must. */
describe.each([
  ['that is alone in its release', {}, 0],
  ['beside another of its release', { api: { image: '${IMAGE}', expose: ['3000'], restart: 'always' } }, 1],
] as const)('without an edge, a service %s and is found by Traefik’s labels', (_, others, slots) => {
  const constraint = uniqueName('labels');
  const proxy = { ...traefikService(constraint), restart: 'always' };
  const versions = appInVersions({
    lab,
    stem: 'labels',
    service: {
      ...{ ports: [], expose: ['3000'], restart: 'always', healthcheck: HEALTH, stop_grace_period: '1h' },
      labels: traefikLabels(constraint),
    },
    others: (port) => ({ ...others, proxy: { ...proxy, ports: [`${port}:80`] } }),
    beside: { configs: { site: { content: TRAEFIK_CONFIG } } },
    // The app leaves once its HEALTHCHECK has told the proxy, which looks at events every two seconds.
    behaviour: { ON_SIGTERM: 'leave' },
    inputs: { edge: 'none', 'health-path': undefined },
  });

  test('a deploy and a rollback lose no request', async () => {
    const { app } = versions;
    await until('the proxy has found it', async () => (await ask(app.url())).status === 200);
    const load = await versions.visit({ visitors: 1, pause: 40 });
    const run = succeeded(await versions.deploy());
    await load.answered(versions.latest, 20);
    succeeded(await app.rollback());
    await load.answered(versions.live, 20);
    expect((await load.stop()).failures).toEqual([]);
    const name = `${app.name}-production-${run.outputs['release']}-web-1`;
    const { NetworkSettings } = await app.server.engine.get(`/containers/${name}/json`);
    const isOfSlot = (network: string): boolean => /-(?:blue|green)$/.test(network);
    expect(Object.keys(NetworkSettings.Networks).filter(isOfSlot)).toHaveLength(slots);
  });
});
