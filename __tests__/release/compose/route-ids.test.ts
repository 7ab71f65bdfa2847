import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PublishedPort, Route } from '../../../src/model/route.ts';
import { withRouteIds } from '../../../src/release/compose/route-ids.ts';

type Unnamed = Omit<Route, 'id'>;
const route = (
  service: string,
  published: readonly PublishedPort[] = [],
  containerPort = 3000,
  domains: readonly string[] = [],
): Unnamed => ({ service, containerPort, published, domains });
const at = (port: number, address?: string): PublishedPort => ({ address, port });
const idsOf = (...routes: readonly Unnamed[]): readonly string[] => withRouteIds(routes).map(({ id }) => id);

describe('the id of a route', () => {
  test('is its lowest port, with the address unless it is every address', () => {
    expect(
      idsOf(
        route('web', [at(8080), at(80)]),
        route('api', [at(81, '127.0.0.1')]),
        route('old', [at(82, '0.0.0.0')]),
        route('six', [at(83, 'fd00::1')]),
        route('both', [at(84, '10.0.0.2'), at(84, '10.0.0.1')]),
      ),
    ).toEqual(['80', '81-127.0.0.1', '82', '83-fd00__1', '84-10.0.0.1']);
  });

  test.each([
    ['its service has another name', route('app', [at(8080)])],
    ['its container listens on another port', route('web', [at(8080)], 80)],
    ['a domain points to it too', route('web', [at(8080)], 3000, ['shop.example.com'])],
    ['it is published a second time', route('web', [at(8080), at(9090)])],
  ])('is the same when %s', (_, other) => {
    expect(idsOf(other)).toEqual(idsOf(route('web', [at(8080)])));
  });

  test('is the same for the only route with domains alone, whatever its service and domains', () => {
    const others = route('web', [at(8080)]);
    expect(idsOf(others, route('admin', [], 3000, ['b.example.com']))).toEqual(['8080', 'domains']);
    expect(idsOf(others, route('office', [], 80, ['a.example.com', 'b.example.com']))).toEqual([
      '8080',
      'domains',
    ]);
  });

  test('has the service and port if several routes have domains alone', () => {
    expect(idsOf(route('web', [], 3000, ['b.example.com']), route('api', [], 80, ['a.example.com']))).toEqual(
      ['web-3000', 'api-80'],
    );
  });

  test('is unique and a legal file name', () => {
    const service = fc.stringMatching(/^[a-zA-Z0-9._-]{1,8}$/);
    const address = fc.option(fc.oneof(fc.ipV4(), fc.ipV6()), { nil: undefined });
    const port = fc.record({ address, port: fc.integer({ min: 1, max: 4 }) });
    const one = fc.record({
      service: fc.oneof(service, fc.constantFrom('domains', '1', '1-127.0.0.1')),
      containerPort: fc.integer({ min: 1, max: 4 }),
      published: fc.array(port, { maxLength: 2 }),
      domains: fc.constant([]),
    });
    const seen = ({ address: on = '', port: number }: PublishedPort): string =>
      `${['0.0.0.0', '::'].includes(on) ? '' : on}:${number}`;
    const several = fc.uniqueArray(one, {
      selector: (each) => `${each.service}:${each.containerPort}`,
      maxLength: 5,
    });
    fc.assert(
      fc.property(several, (routes) => {
        const ports = routes.flatMap(({ published }) => [...new Set(published.map(seen))]);
        fc.pre(new Set(ports).size === ports.length);
        const ids = idsOf(...routes);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._-]+$/);
      }),
    );
  });
});
