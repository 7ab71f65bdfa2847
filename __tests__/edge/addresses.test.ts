import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fallbackAddresses, mixAddresses, slotAddressFiles } from '../../src/edge/addresses.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import type { Route } from '../../src/model/route.ts';

describe('the address files of a slot', () => {
  test('repeat the replicas evenly until all 24 files have one', () => {
    const written = [...slotAddressFiles('green', new Map([['web-80', ['a:80', 'b:80', 'c:80']]]))];
    expect(written).toHaveLength(24);
    expect(written.slice(0, 4)).toEqual([
      ['green.web-80.0', 'a:80'],
      ['green.web-80.1', 'b:80'],
      ['green.web-80.2', 'c:80'],
      ['green.web-80.3', 'a:80'],
    ]);
    for (const replica of ['a:80', 'b:80', 'c:80'])
      expect(written.filter(([, to]) => to === replica)).toHaveLength(8);
  });

  test.each([
    ['no', []],
    ['more than 24', Array.from({ length: 25 }, (_, index) => `c${index}:80`)],
  ])('can not be made for a route with %s replicas', (_, replicas) => {
    expect(() => slotAddressFiles('blue', new Map([['web-80', replicas]]))).toThrow(ConfigurationError);
  });
});

const replicas = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${name}${index}`);
const listOf = (ours: number, theirs: number, share: number): readonly string[] =>
  mixAddresses(
    new Map([['web', replicas('old', ours)]]),
    new Map([['web', replicas('new', theirs)]]),
    share,
  ).get('web') ?? [];
const isOld = (entry: string): boolean => entry.startsWith('old');

describe('a list with the replicas of two releases', () => {
  test('has the share of each release, spread evenly over its replicas, and at least one entry of each', () => {
    const count = fc.integer({ min: 1, max: 24 });
    fc.assert(
      fc.property(count, count, fc.double({ min: 0, max: 1, noNaN: true }), (ours, theirs, share) => {
        const list = listOf(ours, theirs, share);
        expect(list).toHaveLength(24);
        const parts = [list.filter(isOld), list.filter((entry) => !isOld(entry))] as const;
        expect(Math.abs(parts[1].length / 24 - share)).toBeLessThanOrEqual(1 / 24);
        for (const [index, part] of parts.entries()) {
          const all = replicas(index === 0 ? 'old' : 'new', index === 0 ? ours : theirs);
          const times = all.map((name) => part.filter((entry) => entry === name).length);
          expect(part.length).toBeGreaterThan(0);
          expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('alternates between the releases, so that neither gets many requests in a row', () => {
    expect(listOf(2, 1, 1 / 3).slice(0, 6)).toEqual(['old0', 'old1', 'new0', 'old0', 'old1', 'new0']);
    expect(listOf(1, 1, 0.5).slice(0, 4)).toEqual(['old0', 'new0', 'old0', 'new0']);
  });

  test('has the replicas of one release only, if the other has none', () => {
    expect(listOf(2, 0, 0.5)).toEqual(['old0', 'old1']);
    expect(listOf(0, 2, 0.5)).toEqual(['new0', 'new1']);
  });
});

const route = (
  id: string,
  service: string,
  { ports = [], containerPort = 3000, domains = [] }: RouteOptions = {},
) => ({
  id,
  service,
  containerPort,
  published: ports.map((port) => ({ address: undefined, port })),
  domains,
});
interface RouteOptions {
  readonly ports?: readonly number[];
  readonly containerPort?: number;
  readonly domains?: readonly string[];
}

/** The addresses of a release with the routes `former`, for the routes of a new edge. */
const found = (former: readonly Route[], routes: readonly Route[]): Record<string, readonly string[]> =>
  Object.fromEntries(
    fallbackAddresses(
      routes,
      { routes: former },
      new Map(former.map(({ id, service }) => [id, [`${service}:1`]])),
    ),
  );

describe('a new edge sends requests to the release that has the traffic', () => {
  test('at a port that the release publishes, whatever the names of service and route', () => {
    const former = [route('web-3000', 'web', { ports: [8080] }), route('9000', 'api', { ports: [9000] })];
    expect(
      found(former, [
        route('8080', 'app', { ports: [8080], containerPort: 80 }),
        route('9000', 'web', { ports: [9000] }),
      ]),
    ).toEqual({ '8080': ['web:1'], '9000': ['api:1'] });
  });

  test('at one of several ports, and at a domain of the release', () => {
    const former = [
      route('8080', 'web', { ports: [8080, 8081] }),
      route('domains', 'admin', { domains: ['admin.example.com'] }),
    ];
    expect(
      found(former, [
        route('8081', 'app', { ports: [8081] }),
        route('9000', 'office', { ports: [9000], domains: ['new.example.com', 'admin.example.com'] }),
      ]),
    ).toEqual({ '8081': ['web:1'], '9000': ['admin:1'] });
  });

  test('at a new port that leads to the same port of the same service', () => {
    const former = [route('8080', 'web', { ports: [8080] })];
    expect(found(former, [route('9090', 'web', { ports: [9090] })])).toEqual({ '9090': ['web:1'] });
  });

  test('at no new route to another port or service: nothing is opened that was closed', () => {
    const former = [route('9000', 'web', { ports: [9000], containerPort: 9000 })];
    expect(
      found(former, [
        route('80', 'web', { ports: [80], containerPort: 80 }),
        route('443', 'app', { ports: [443] }),
      ]),
    ).toEqual({});
  });

  test('at no route without a running container', () => {
    const former = [route('8080', 'web', { ports: [8080] })];
    expect(fallbackAddresses(former, { routes: former }, new Map([['8080', []]]))).toEqual(new Map());
  });
});
