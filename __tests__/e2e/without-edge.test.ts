/** edge: none: a proxy that is there already finds releases by their name on its network. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compose, probe } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { readLab, uniquePort } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';
import type { Files } from '../support/workspace.ts';

const lab = readLab();

const PROXY = readFileSync(join(import.meta.dirname, '../support/apps/proxy/proxy.js'), 'utf8');

describe('behind a proxy of the user’s own', () => {
  let app: TestApp;
  const proxyPort = uniquePort();
  const proxied = (): string => `http://${app.server.address}:${proxyPort}`;
  const names = async (): Promise<readonly string[]> => Object.keys(await app.containers());
  const docker = (...args: readonly string[]) => lab.run('in', app.server.name, 'docker', ...args);
  const proxy = (): string => `${app.name}-their-proxy`;
  const network = (): string => `${app.name}-their-network`;

  function files(version: string, web: Readonly<Record<string, unknown>> = {}): Files {
    const service = { build: '.', networks: { theirs: null, default: null }, ...web };
    const networks = { theirs: { external: true, name: '${NETWORK}' } };
    return {
      ...probe({ version, behaviour: { ON_SIGTERM: 'leave' } }),
      ...compose({ services: { web: service }, networks }),
    };
  }
  const deliver = (inputs: Readonly<Record<string, string>> = {}) =>
    app.deliver({ edge: 'none', env: `NETWORK=${network()}`, ...inputs });

  beforeAll(async () => {
    app = await testApp({ lab, stem: 'theirs', files: () => files('1') });
    await docker('network', 'create', network());
    const options = ['--name', proxy(), '--network', network(), '--publish', `${proxyPort}:8080`];
    const program = ['node', '--input-type=module', '--eval', PROXY];
    await docker('run', '--detach', ...options, '--env', 'SERVICE=web', 'node:24-slim', ...program);
  });
  afterAll(() => app.remove());

  test('releases follow each other without a lost request, and no edge is made', async () => {
    const first = succeeded(await deliver());
    expect(first.log).toMatch(/web: internal/);
    const load = startLoad(proxied());
    try {
      await load.answered('1', 20);
      for (const version of ['2', '3']) {
        await app.checkout.commit(files(version));
        const run = succeeded(await deliver());
        expect(run.log).toMatch(new RegExp(`watch ${run.outputs['release']} for 5s`));
        await load.answered(version, 20);
      }
    } finally {
      const { failures, requests } = await load.stop();
      expect(failures).toEqual([]);
      expect(requests).toBeGreaterThan(100);
    }
    expect((await names()).filter((name) => name.endsWith('-edge'))).toEqual([]);
  }, 240_000);

  test('replicas are replaced one after another', async () => {
    const rolling = { deploy: { replicas: 2, update_config: { parallelism: 1, order: 'start-first' } } };
    await app.checkout.commit(files('3', rolling));
    succeeded(await deliver());
    const load = startLoad(proxied());
    try {
      await load.answered('3', 20);
      await app.checkout.commit(files('4', rolling));
      succeeded(await deliver({ strategy: 'rolling' }));
      await load.answered('4', 20);
    } finally {
      expect((await load.stop()).failures).toEqual([]);
    }
    await app.checkout.commit(files('3'));
    succeeded(await deliver());
  }, 240_000);

  test('the new one starts and becomes healthy, both stand for a while, then the old one is told to stop', async () => {
    const running = Object.entries(await app.containers()).filter(([, state]) => state === 'running');
    const [old] = running.map(([name]) => name).filter((name) => name.endsWith('-web-1'));
    await app.checkout.commit(files('4'));
    const run = succeeded(await deliver({ bake: '7s' }));
    const fresh = `${app.name}-production-${run.outputs['release']}-web-1`;
    const stateOf = async (name: string | undefined) =>
      (await app.server.engine.get(`/containers/${name}/json`)).State;
    const [oldState, freshState] = [await stateOf(old), await stateOf(fresh)];
    await app.checkout.commit(files('3'));
    succeeded(await deliver());

    const steps: readonly { readonly text: string }[] = reportOf(run).steps;
    const order = ['start web of', 'check web of', 'watch', 'accept', 'stop web of'];
    const places = order.map((text) => steps.findIndex((step) => step.text.startsWith(text)));
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(places).not.toContain(-1);
    // By the engine's clock: healthy for the whole bake time beside the old one.
    expect(Date.parse(oldState.FinishedAt) - Date.parse(freshState.StartedAt)).toBeGreaterThan(7000);
    expect(freshState).toMatchObject({ Status: 'running', Health: { Status: 'healthy' } });
  });

  test('a release that does not become healthy never replaces the old one', async () => {
    await app.checkout.commit(files('sick', { environment: { UP_AFTER_MS: 'never' } }));
    const run = await deliver({ 'health-timeout': '10s' });
    expect(run.succeeded).toBe(false);
    expect(JSON.parse((await ask(proxied())).body).version).toBe('3');
  });

  test('a rollback overlaps as well', async () => {
    const load = startLoad(proxied());
    try {
      await load.answered('3', 10);
      succeeded(await app.rollback());
      await load.answered('4', 20);
    } finally {
      expect((await load.stop()).failures).toEqual([]);
    }
  });

  test('the edge can be had later, and given up again', async () => {
    await app.checkout.commit(files('4', { ports: [`${app.port}:3000`] }));
    succeeded(await deliver({ edge: 'caddy' }));
    expect(await app.version()).toBe('4');
    expect(await names()).toContain(`${app.name}-production-edge`);

    const refused = await deliver();
    expect(refused.errors[0]?.message).toContain(
      `port ${app.port} is the edge's now, and web is to publish it itself.`,
    );
    expect(await app.version()).toBe('4');

    await app.checkout.commit(files('5'));
    succeeded(await deliver());
    expect(JSON.parse((await ask(proxied())).body).version).toBe('5');
    expect(await names()).not.toContain(`${app.name}-production-edge`);
  });

  test('a service that publishes a port itself changes hands with a gap, which the plan says', async () => {
    await app.checkout.commit(files('6', { ports: [`${app.port}:3000`] }));
    const run = succeeded(await deliver());
    expect(run.log).toContain(`web: exclusive (with edge: none it publishes port ${app.port} itself)`);
    expect(await app.version()).toBe('6');
    await app.checkout.commit(files('7', { ports: [`${app.port}:3000`] }));
    succeeded(await deliver());
    expect(await app.version()).toBe('7');

    const refused = await deliver({ edge: 'caddy' });
    expect(refused.errors[0]?.message).toContain(`port ${app.port} is published by web of release`);
    expect(await app.version()).toBe('7');
  });
});
