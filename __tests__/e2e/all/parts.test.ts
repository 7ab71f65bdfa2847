/** A release is replaced replica by replica, each action by itself: what plans of a rolling deploy are made of. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../../src/engine/engine.ts';
import type { ReleaseId } from '../../../src/model/identifiers.ts';
import type { Action, ReleaseInSlot } from '../../../src/plan/actions.ts';
import type { HostContext } from '../../../src/rollout/host-context.ts';
import { KnownContainers } from '../../../src/rollout/known-containers.ts';
import { observeHost } from '../../../src/rollout/observe-host.ts';
import { performAction } from '../../../src/rollout/perform-action.ts';
import { failure } from '../../engine/step-context.ts';
import { buildVersions, runnerOf, type Version } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { releaseId } from '../../support/identifiers.ts';
import { labWith } from '../../support/lab.ts';
import { type Load, startLoad } from '../../support/load/load.ts';
import { type OwnEngine, ownEngine } from '../../support/own-engine.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const REPLICAS = 3;

let own: OwnEngine;
let engine: Engine;
let app: TestApp;
let versions: readonly Version[];
/** Live, in green, and stopped, in blue. */
let old: ReleaseInSlot;
let next: ReleaseInSlot;
let work: HostContext;
let load: Load;

beforeAll(async () => {
  app = await testApp({
    lab,
    stem: 'parts',
    files: (port) =>
      compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:3000`],
            stop_grace_period: '5s',
            deploy: { replicas: REPLICAS },
            depends_on: ['api'],
          },
          api: { image: '${IMAGE}', expose: ['3000'], deploy: { replicas: 2 } },
        },
      }),
  });
  versions = await buildVersions(lab, app.repository, ['new', 'old']);
  own = await ownEngine(lab, app.server);
  engine = own.engine;
});
afterAll(async () => {
  await own.close();
  await app.remove();
});

const imageOf = (version: string): string | undefined =>
  versions.find((each) => each.version === version)?.image;

/** The new release is known on the host, and nothing of it is there; the old one is live. */
async function prepare(): Promise<void> {
  const { release: first = '' } = succeeded(await app.deploy(imageOf('new'))).outputs;
  const { release: second = '' } = succeeded(await app.deploy(imageOf('old'))).outputs;
  const { host, records } = await observeHost(engine, { app: app.name, environment: app.environment });
  const traffic = host.traffic;
  if (traffic === undefined) throw new Error('Nothing is live.');
  expect(traffic.release).toBe(second);
  old = { release: releaseId(second), slot: traffic.slot };
  next = { release: releaseId(first), slot: traffic.slot === 'green' ? 'blue' : 'green' };
  work = {
    engine,
    appEnvironment: { app: app.name, environment: app.environment },
    releases: new Map(records.releases.map((release) => [release.id, release])),
    confidential: new Map(),
    settings: {
      edgeImage: 'caddy:2',
      tcpEdgeImage: 'haproxy:3.2-alpine',
      drainTimeout: 10_000,
      acme: { directory: undefined, email: undefined, ca: undefined },
    },
    run: own.step.run,
    log: own.step.log,
    environment: { ...runnerOf(lab) },
    pullRetry: { retryPolicy: { attempts: 1, firstWait: 0, longestWait: 0 } },
    lookUpLayers: () => Promise.resolve(undefined),
    comparesResponses: true,
    triggeredBy: { actor: undefined, runUrl: undefined },
    runStartedAt: 0,
    approval: undefined,
    fleetHosts: [],
    lock: { assertHeld: () => undefined, lost: () => undefined },
    desired: next.release,
    live: old.release,
    jobCancelled: false,
    signal: new AbortController().signal,
    waitStatus: {},
    runState: {
      records,
      watchResults: new Map(),
      pullResults: new Map(),
      imageNames: new Map(),
      interruptions: new Map(),
      stoppedContainers: new Map(),
      knownContainers: new KnownContainers(),
      foundImages: new Map(),
      healthyContainers: new Map(),
      answeredPorts: new Set(),
      drainedReleases: new Set(),
    },
  };
  for (const name of Object.keys(await app.containers())) {
    if (name.includes(first)) await engine.removeContainer(name, { force: true });
  }
}

const SERVICES = ['web', 'api'];
const act = (action: Action): Promise<string | undefined> => performAction(work, action);
const start = (only: Record<string, number>, how: 'create' | 'start' = 'create') =>
  act({ kind: 'start-services', ...next, services: SERVICES, how, only });
const check = (only: Record<string, number>, tolerate?: Record<string, number>) =>
  act({
    kind: 'check-health',
    release: next.release,
    services: SERVICES,
    only,
    ...(tolerate === undefined ? {} : { tolerate }),
  });
const mix = (gone: number, beside: number) =>
  act({
    kind: 'balance-replicas',
    ...old,
    removedReplicas: { web: gone },
    share: beside / (3 - gone + beside),
    newRelease: { ...next, only: { web: beside } },
  });
const drain = (of: ReleaseInSlot, only: Record<string, number>) =>
  act({ kind: 'drain-traffic', ...of, only });
const stop = (of: ReleaseInSlot, only: Record<string, number>) =>
  act({ kind: 'stop-services', release: of.release, services: SERVICES, only });

/** Names and states, without the project: `{ 'web-1': 'running' }`. */
async function containers(id: ReleaseId): Promise<Record<string, string>> {
  const prefix = `${app.name}-${app.environment}-${id}-`;
  const all = Object.entries(await app.containers()).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(all.map(([name, state]) => [name.slice(prefix.length), state]));
}

describe('three replicas', () => {
  beforeEach(() => prepare());
  afterEach(() => load.stop());

  test('replicas are replaced one after another, without a lost request; each release gets its part; what is done twice changes nothing', async () => {
    load = startLoad(app.url(), { visitors: 2, pause: 20 });
    await load.answered('old', 20);
    const share = async (): Promise<number> => {
      const before = load.look().answers;
      await load.answered('new', 240);
      const { answers } = load.look();
      const [fresh = 0, former = 0] = ['new', 'old'].map(
        (name) => (answers.get(name) ?? 0) - (before.get(name) ?? 0),
      );
      return fresh / (fresh + former);
    };

    for (let up = 1; up <= REPLICAS; up += 1) {
      const so = { web: up, api: Math.min(up, 2) };
      await start(so);
      await start(so);
      const names = await containers(next.release);
      expect(Object.keys(names).filter((name) => name.startsWith('web'))).toHaveLength(up);
      expect(Object.keys(names).filter((name) => name.startsWith('api'))).toHaveLength(so.api);
      expect(new Set(Object.values(names))).toEqual(new Set(['running']));
      await check(so);
      if (up === REPLICAS) break;
      await mix(up, up);
      const { host } = await observeHost(engine, work.appEnvironment);
      expect(host.traffic).toEqual({ ...old, splitWith: next.release });
      expect(Math.abs((await share()) - up / REPLICAS)).toBeLessThan(0.15);
      expect(await drain(old, { web: up })).toBe('no request in flight');
      expect(await stop(old, { web: up })).toBe('1 stopped');
      expect(await stop(old, { web: up })).toBe('0 stopped');
      expect(Math.abs((await share()) - up / REPLICAS)).toBeLessThan(0.15);
    }
    await act({ kind: 'switch-traffic', ...next });
    const { host } = await observeHost(engine, work.appEnvironment);
    expect(host.traffic).toEqual(next);
    expect(await act({ kind: 'drain-traffic', ...old })).toBe('no request in flight');
    await stop(old, { web: REPLICAS, api: 2 });
    load.expect('new');
    await load.answered('new', 100);
    expect(load.look().failures).toEqual([]);
  });

  test('replicas come back one after another: those that are there are started, those that are not are made', async () => {
    load = startLoad(app.url(), { visitors: 1, pause: 20 });
    await start({ web: 2, api: 1 });
    await stop(next, { web: 2, api: 1 });
    expect(await containers(next.release)).toEqual({
      'web-1': 'exited',
      'web-2': 'exited',
      'api-1': 'exited',
    });
    await start({ web: 1, api: 1 });
    expect(await containers(next.release)).toEqual({
      'web-1': 'running',
      'web-2': 'exited',
      'api-1': 'running',
    });
    await start({ web: 3, api: 1 });
    expect(await containers(next.release)).toEqual({
      'web-1': 'running',
      'web-2': 'running',
      'web-3': 'running',
      'api-1': 'running',
    });
    await stop(next, { web: 2 });
    await start({ web: 1 }, 'start');
    expect(await containers(next.release)).toMatchObject({
      'web-1': 'running',
      'web-2': 'exited',
      'web-3': 'running',
    });
    // What does not run gets no requests, though it is among the first two.
    await check({ web: 1, api: 1 });
    await mix(REPLICAS, 2);
    load.expect('new');
    await load.answered('new', 50);
    expect(load.look().failures).toEqual([]);
    expect((await failure(mix(REPLICAS, 0))).message).toContain(
      `no container of web in release ${old.release} is running`,
    );
  });
});

test('replicas that have ended fail the check, unless so many may fail; then they fail the watch', async () => {
  await prepare();
  await start({ web: 2, api: 1 });
  await engine.stopContainer(`${app.name}-${app.environment}-${next.release}-web-1`);
  expect((await failure(check({ web: 2, api: 1 }, { api: 1 }))).message).toMatch(
    /web did not become healthy: it exited/,
  );
  expect(await check({ web: 2, api: 1 }, { web: 1 })).toMatch(
    /^2 healthy after .*; tolerated: web did not become healthy: it exited with code \d+(?:\. It printed .*)?$/,
  );
  const watch = (most: number) =>
    act({
      kind: 'watch-release',
      purpose: 'monitor',
      ...next,
      services: SERVICES,
      only: { web: 2, api: 1 },
      tolerate: { web: most },
      duration: 300,
      baseline: undefined,
      limits: undefined,
    });
  expect((await failure(watch(0))).message).toContain(
    'web did not stay healthy while it was watched: it exited with code ',
  );
  expect(await watch(1)).toMatch(
    /^healthy for 300ms; tolerated: web: it exited with code \d+(?:\. It printed .*)?$/,
  );
});
