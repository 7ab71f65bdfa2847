/** Apps behind a proxy of the user's own. */
import { describe, expect, test } from '@jest/globals';
import type { ComposeObject } from '../../src/model/compose-config.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import { proxyOverlap } from '../../src/plan/release-checks.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { makeRelease } from './world.ts';

/** A release whose service publishes ports itself, or by the edge. */
function release(id: ReleaseId, published: { readonly own?: number; readonly byEdge?: number }): Release {
  const { own, byEdge } = published;
  const made = makeRelease(id, { web: 'internal' });
  const ports: ComposeObject =
    own === undefined ? {} : { ports: [{ target: 3000, published: String(own), protocol: 'tcp' }] };
  const route = { id: 'web-3000', service: 'web', containerPort: 3000, domains: [] };
  return {
    ...made,
    compose: { services: { web: ports } },
    routes: byEdge === undefined ? [] : [{ ...route, published: [{ address: undefined, port: byEdge }] }],
  };
}

function host(live: Release, state: 'running' | 'exited' = 'running'): ObservedHost {
  const container = {
    ...{ name: 'web-1', service: 'web', state, health: undefined, exitCode: undefined },
    definitionFingerprint: undefined,
  };
  const edge =
    live.routes.length === 0
      ? ({ state: 'absent' } as const)
      : ({ state: 'running', containerId: 'e', fingerprint: 'f' } as const);
  return {
    ...{
      host: hostName('ssh://one'),
      edge,
      frontRunning: false,
      accepted: live.id,
      accessories: [],
      history: [],
    },
    routedContainers: new Set(['web-1']),
    traffic: live.routes.length === 0 ? undefined : { slot: 'blue', release: live.id },
    releases: [{ id: live.id, containers: [container], slot: 'blue', record: live }],
    heldPorts: [],
  };
}

describe('proxyOverlap', () => {
  const a = release(releaseId('a'), {});
  const b = release(releaseId('b'), {});

  test('behind another proxy, the old release runs on until the proxy has found the new one', () => {
    expect(proxyOverlap(b, [host(a)], 0)).toBe(5_000);
  });

  test('behind another proxy, a longer bake time counts', () => {
    expect(proxyOverlap(b, [host(a)], 60_000)).toBe(60_000);
  });

  test('nothing is added to the bake time with an edge, for workers, or without an old release', () => {
    expect(proxyOverlap(release(releaseId('b'), { byEdge: 80 }), [host(a)], 0)).toBe(0);
    expect(proxyOverlap(makeRelease('b', { jobs: 'worker' }), [host(a)], 0)).toBe(0);
    expect(proxyOverlap(a, [host(a)], 0)).toBe(0);
  });
});
