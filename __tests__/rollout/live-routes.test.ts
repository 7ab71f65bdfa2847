import { describe, expect, test } from '@jest/globals';
import type { ProbedAddress } from '../../src/edge/probe-routes.ts';
import type { ContainerSummary } from '../../src/engine/engine.ts';
import { answerProblems, joinParts, missingRouteParts } from '../../src/rollout/live-routes.ts';
import { makeRelease } from '../plan/world.ts';

const RELEASE = makeRelease('11111111', { web: 'served', api: 'served' });
const [WEB, API] = RELEASE.routes;
const releases = new Map([[RELEASE.id, RELEASE]]);
const refused = { ok: false, failure: 'connection refused' } as const;
const probed = (
  route: string | undefined,
  result: ProbedAddress['result'],
  release = RELEASE.id,
): ProbedAddress => ({ release, route: route ?? '', result });

describe('the routes of the live release', () => {
  test('have no problem if one replica of each answers', () => {
    const all = [probed(WEB?.id, refused), probed(WEB?.id, { ok: true }), probed(API?.id, { ok: true })];
    expect(answerProblems(releases, all)).toEqual([]);
  });

  test('are named with what was seen, if no replica answers', () => {
    expect(answerProblems(releases, [probed(WEB?.id, refused)])).toEqual([
      'web gives no answer on port 80: connection refused',
      'api gives no answer on port 80: the edge has no address of it',
    ]);
  });

  test('are none if the edge has no release', () => {
    expect(answerProblems(releases, [])).toEqual(['the edge has no release to send requests to']);
  });
});

test('a release is reached in part if its edge answers and a port that a service publishes itself does not', () => {
  const [edge, port] = [[], ['db gives no answer on port 443: connection refused']].map((problems) => ({
    ...{ release: RELEASE.id, problems },
  }));
  if (edge === undefined || port === undefined) throw new Error('There are two.');
  expect(joinParts([])).toBeUndefined();
  expect(joinParts([port])).toEqual(port);
  expect(joinParts([edge, port])).toEqual({ ...port, partly: true });
  expect(joinParts([port, port])).not.toHaveProperty('partly');
  expect(joinParts([edge, edge])).toEqual(edge);
});

describe('the way of visitors', () => {
  const ports = RELEASE.routes.flatMap(({ published }) =>
    published.map(({ port }) => ({ port, protocol: 'tcp' })),
  );
  const container = (role: string, changes: Partial<ContainerSummary> = {}): ContainerSummary => ({
    ...{ id: role, name: role, imageId: '', labels: { 'sealift.role': role }, state: 'running', ports },
    ...{ networks: [], volumes: [] },
    ...changes,
  });

  test('is open while an edge runs that publishes every port', () => {
    expect(missingRouteParts(RELEASE, [container('edge')], [])).toEqual([]);
  });

  test('is closed without a running edge', () => {
    expect(missingRouteParts(RELEASE, [container('edge', { state: 'exited' })], [])).toEqual([
      'its edge does not run',
    ]);
  });

  test('is closed at a port that the edge does not publish', () => {
    const edge = container('edge', { ports: ports.slice(1) });
    expect(missingRouteParts(RELEASE, [edge], [])).toEqual([`nothing listens on its port ${ports[0]?.port}`]);
  });

  test('is closed for domains without the front', () => {
    const routes = RELEASE.routes.map((route) => ({ ...route, domains: ['shop.example.com'] }));
    const release = { ...RELEASE, routes };
    expect(missingRouteParts(release, [container('edge')], [])).toEqual(['the front does not run']);
    expect(missingRouteParts(release, [container('edge')], [container('front')])).toEqual([]);
  });

  test('is closed without a running proxy, where the Compose file brings one', () => {
    const upstream = { network: 'upstream', port: 80, names: ['web'] };
    const release = {
      ...RELEASE,
      routes: RELEASE.routes.map((route) => ({ ...route, upstream })),
      base: { services: { proxy: { networks: { 'sealift-upstream': {} } } } },
    };
    const labels = { 'com.docker.compose.service': 'proxy' };
    const problem = 'proxy, the proxy of the Compose file, does not run';
    const restarting = container('', { labels, state: 'restarting' });
    const trial = container('', { labels: { ...labels, 'com.docker.compose.oneoff': 'True' } });
    expect(missingRouteParts(release, [container('edge'), restarting, trial], [])).toEqual([problem]);
    expect(missingRouteParts(release, [container('edge'), container('', { labels })], [])).toEqual([]);
  });

  test('is open without an accessory that asks the app, and of which nobody says that it is a proxy', () => {
    const upstream = { network: 'upstream', port: 80, names: ['web'] };
    const routes = RELEASE.routes.map((route) => ({ ...route, upstream }));
    const admin = { image: 'admin:1', networks: { 'sealift-upstream': {} } };
    const release = { ...RELEASE, routes, base: { services: { admin } } };
    expect(missingRouteParts(release, [container('edge')], [])).toEqual([]);
    const only = { ...release, routes: routes.map((route) => ({ ...route, published: [] })) };
    expect(missingRouteParts(only, [container('edge')], [])).toEqual([
      'admin, the proxy of the Compose file, does not run',
    ]);
  });
});
