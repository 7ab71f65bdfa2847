import { describe, expect, test } from '@jest/globals';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import { planHost } from '../../src/plan/host.ts';
import { releaseId } from '../support/identifiers.ts';
import { deployed, desiredState, Host, planned, SHOP } from './hosts.ts';
import { crash, makeRelease } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const third = makeRelease('third', SHOP);

describe('published ports that change', () => {
  test('other published ports replace the edge right before the switch, and a rollback replaces it again', () => {
    const plan = planHost(deployed(old).see(), desiredState(makeRelease('new', SHOP, { port: 9090 })));
    expect(written({ switch: plan.switch ?? [] })).toEqual([
      'switch: replace edge for new (published ports have changed) ↶ replace edge for old (to restore the previous edge)',
      'switch: switch to new in green ↶ switch to old in blue ↶ drain new in green',
    ]);
  });
});

describe('ports that the app did not have', () => {
  const tried = (host: Host, release: Release) =>
    planned(host, release).filter((line) => line.startsWith('prepare: try'));
  const publishing = (id: string, ...ports: readonly object[]): Release => {
    const made = makeRelease(id, SHOP);
    const web = { ...made.compose.services['web'], ports };
    return { ...made, compose: { services: { ...made.compose.services, web } } };
  };

  test('are tried before anything stops, whoever publishes them', () => {
    expect(tried(deployed(old), next)).toEqual([]);
    expect(tried(deployed(old), makeRelease('new', SHOP, { port: 9090 }))).toEqual(['prepare: try 9090']);
    const udp = { target: 53, published: '53', protocol: 'udp' };
    expect(tried(deployed(old), publishing('new', udp))).toEqual(['prepare: try 53']);
    expect(tried(deployed(publishing('old', udp)), publishing('new', udp))).toEqual([]);
    const tcp = { ...udp, protocol: 'tcp' };
    expect(tried(deployed(publishing('old', udp)), publishing('new', udp, tcp))).toEqual(['prepare: try 53']);
  });

  test('are not tried if nobody knows what the live release has', () => {
    const host = deployed(old);
    host.world.records.clear();
    expect(tried(host, makeRelease('new', SHOP, { port: 9090 }))).toEqual([]);
  });
});

describe('an edge that nobody used', () => {
  test('opens after the traffic was switched, also where a killed run has left it closed', () => {
    const killed = new Host().deploy(old, { killedBefore: 'switch-traffic' });
    const lines = planned(killed, next).filter((line) => /edge for|switch to/.test(line));
    expect(lines).toEqual([
      'switch: switch to new in blue ↶ clear blue ↶ drain new in blue',
      'switch: open edge for new (the release is live) ↶ remove-edge',
    ]);
  });
});

describe('trusted proxies that change', () => {
  const trustedProxies = { ranges: ['10.0.0.1/32'], proxyProtocol: false };

  test.each([
    ['new', next],
    ['old', old],
  ])('replace the edge, and the plan for %s says why', (_, release) => {
    const plan = planHost(deployed(old).see(), {
      ...desiredState({ ...release, trustedProxies }),
      edgeFingerprint: 'other',
    });
    expect(written(plan).filter((line) => line.includes('edge'))).toEqual([
      expect.stringContaining(`replace edge for ${release.id} (trusted-proxies has changed)`),
    ]);
  });
});

describe('a port that gets another protocol', () => {
  /** A release whose service `web` publishes port 8080 itself. */
  const itself = (id: string, others: Parameters<typeof makeRelease>[1] = {}): Release => {
    const made = makeRelease(id, { ...others, web: 'exclusive' });
    const ports = [{ target: 80, published: '8080', protocol: 'tcp' }];
    return {
      ...made,
      routes: made.routes.filter(({ service }) => service !== 'web'),
      compose: { services: { ...made.compose.services, web: { ...made.compose.services['web'], ports } } },
    };
  };
  const byEdge = (id: string): Release => makeRelease(id, { web: 'served' });
  const lines = (before: Release, after: Release, strategy: 'blue-green' | 'recreate' = 'blue-green') =>
    planned(deployed(before), after, { strategy: { name: strategy } }).filter((line) =>
      /edge|start web|stop web|switch to/.test(line),
    );

  test('leaves the edge before its service starts, and comes back', () => {
    expect(lines(byEdge('old'), itself('new'))).toEqual([
      'switch: remove-edge ↶ create edge for old (to restore the previous edge)',
      'switch: create web of new in green ↶ stop web of new',
      'retire: stop web of old',
      'retire: remove-edge',
    ]);
  });

  test('leaves an edge that has other ports too', () => {
    const both = makeRelease('old', { web: 'served', api: 'served' });
    expect(lines(both, itself('new', { api: 'served' }))).toEqual([
      'switch: replace edge for new (port 8080 goes to web: nothing answers there until it has started) ↶ replace edge for old (to restore the previous edge)',
      'switch: create web of new in green ↶ stop web of new',
      'switch: switch to new in green ↶ switch to old in blue ↶ drain new in green',
      'retire: stop web,api of old',
    ]);
  });

  test('goes to a new edge after its service has stopped', () => {
    expect(lines(itself('old'), byEdge('new'))).toEqual([
      'start: stop web of old ↶ start web of old in blue ↶ check web of old',
      'start: create edge for new (it takes port 8080 from web: nothing answers there until the switch) ↶ remove-edge',
      'start: create web of new in green ↶ stop web of new',
      'switch: switch to new in green ↶ clear green ↶ drain new in green',
      'retire: stop web of old',
    ]);
  });

  test('with recreate, moves while nothing runs', () => {
    expect(lines(byEdge('old'), itself('new'), 'recreate').slice(0, 3)).toEqual([
      'start: stop web of old ↶ start web of old in blue ↶ check web of old',
      'start: remove-edge ↶ create edge for old (to restore the previous edge)',
      'start: create web of new in green ↶ stop web of new',
    ]);
    expect(lines(itself('old'), byEdge('new'), 'recreate').slice(0, 3)).toEqual([
      expect.stringMatching(/^start: stop web of old/),
      expect.stringMatching(/^start: create edge for new \(it takes port 8080 from web/),
      expect.stringMatching(/^start: create web of new/),
    ]);
  });
});

describe('domains', () => {
  const open = (id: ReleaseId): Release => {
    const made = makeRelease(id, SHOP);
    return { ...made, routes: made.routes.map((route) => ({ ...route, domains: ['shop.example.com'] })) };
  };
  const lines = (host: Host, release: Release): readonly string[] =>
    planned(host, release).filter((line) => /domains|front/.test(line));

  test('a first domain starts the front, and a failed first deploy removes it', () => {
    expect(lines(new Host(), open(releaseId('new')))).toEqual([
      'prepare: ensure-front ↶ remove-unused-front',
      'switch: route domains of new ↶ route no domains',
    ]);
  });

  test('domains are routed to the new release, and a rollback routes them back', () => {
    expect(lines(deployed(open(releaseId('old'))), open(releaseId('new')))).toEqual([
      'switch: route domains of new ↶ route domains of old',
    ]);
  });

  test('domains that the release no longer has are closed, and an unused front is removed', () => {
    expect(lines(deployed(open(releaseId('old'))), next)).toEqual([
      'switch: route domains of new ↶ route domains of old',
      'retire: remove-unused-front',
    ]);
  });

  test('a front that a killed run has left without a domain is removed by the next run', () => {
    const host = deployed(open(releaseId('old'))).deploy(next, { killedBefore: 'remove-unused-front' });
    expect(lines(host, next)).toEqual(['retire: remove-unused-front']);
    host.world.otherEdges = true;
    expect(planned(host, next)).toEqual([]);
  });

  test('domains stay open while their release is repaired', () => {
    const host = deployed(open(releaseId('old')));
    crash(host.world, releaseId('old'), ['api']);
    expect(lines(host, open(releaseId('old')))).toEqual([
      'switch: route domains of old ↶ route domains of old',
    ]);
  });

  test('domains that a killed run has opened are closed', () => {
    const host = deployed(old).deploy(open(releaseId('new')), { killedBefore: 'accept-release' });
    expect(lines(host, third)).toEqual([
      'switch: route domains of third ↶ route domains of old',
      'retire: remove-unused-front',
    ]);
  });

  test('a missing front is a reason to deploy a release with domains', () => {
    const host = deployed(open(releaseId('old')));
    host.world.front = false;
    expect(lines(host, open(releaseId('old')))[0]).toBe('prepare: ensure-front ↶ remove-unused-front');
  });
});
