import { describe, expect, test } from '@jest/globals';
import type { Route } from '../../src/model/release.ts';
import { canShareEdge, describeRouteChange, routesMatchForService } from '../../src/model/route-matching.ts';
import { withRouteIds } from '../../src/release/compose/route-ids.ts';

interface Way {
  readonly to: string;
  readonly ports?: readonly number[];
  readonly domains?: readonly string[];
}

const release = (...ways: readonly Way[]): { readonly routes: readonly Route[] } => ({
  routes: withRouteIds(
    ways.map(({ to, ports = [], domains = [] }) => ({
      service: to.split(':')[0] ?? '',
      containerPort: Number(to.split(':')[1]),
      published: ports.map((port) => ({ address: undefined, port })),
      domains,
    })),
  ),
});
const web = release({ to: 'web:3000', ports: [8080] });

describe('an edge is another one, since', () => {
  test.each([
    ['published ports have changed', release({ to: 'web:3000', ports: [9090] })],
    ['published ports have changed', release({ to: 'web:3000', ports: [8080, 9090] })],
    ['domains point elsewhere', release({ to: 'web:3000', ports: [8080], domains: ['shop.example.com'] })],
    [
      'domains point elsewhere',
      release({ to: 'web:3000', ports: [8080] }, { to: 'b:1', domains: ['b.example.com'] }),
    ],
    [undefined, release({ to: 'app:80', ports: [8080] })],
  ])('%s', (why, other) => {
    expect(describeRouteChange(web, other)).toBe(why);
  });

  test('published ports point elsewhere: one of two went to another service', () => {
    const both = release({ to: 'web:3000', ports: [8080, 9090] });
    const apart = release({ to: 'web:3000', ports: [8080] }, { to: 'api:80', ports: [9090] });
    expect(describeRouteChange(both, apart)).toBe('published ports point elsewhere');
  });

  test('several services that domains alone lead to are told apart by their names', () => {
    const ways = (name: string) => [
      { to: `${name}:80`, domains: ['a.example.com'] },
      { to: 'b:80', domains: ['b.example.com'] },
    ];
    const why = 'services that have only domains have changed';
    expect(describeRouteChange(release(...ways('a')), release(...ways('c')))).toBe(why);
  });
});

test('ways in that an earlier version has recorded under other names are no change that anybody made', () => {
  const recorded = { routes: web.routes.map((route) => ({ ...route, id: 'web-3000' })) };
  expect(describeRouteChange(recorded, web)).toBe('another version of Sealift named its routes');
  expect(canShareEdge(recorded, web)).toBe(true);
});

describe('one edge serves two releases', () => {
  test.each([
    ['a service called otherwise', true, release({ to: 'app:80', ports: [8080] })],
    ['another port', true, release({ to: 'web:3000', ports: [9090] })],
    ['a port more', true, release({ to: 'web:3000', ports: [8080, 9090] })],
    ['another port of another service', false, release({ to: 'app:80', ports: [9090] })],
    ['a way in more', false, release({ to: 'web:3000', ports: [8080] }, { to: 'b:1', ports: [1] })],
    ['none', false, release()],
  ])('where the second has %s: %p', (_, can, other) => {
    expect(canShareEdge(web, other)).toBe(can);
  });

  test('not where two ways in have become one', () => {
    const both = release({ to: 'web:3000', ports: [8080] }, { to: 'api:80', ports: [9090] });
    const one = release({ to: 'web:3000', ports: [8080, 9090] }, { to: 'b:1', ports: [1] });
    expect(canShareEdge(both, one)).toBe(false);
  });
});

describe('a service can be rolled', () => {
  test('with other ports and domains, since they lead to it all the same', () => {
    expect(
      routesMatchForService(web, release({ to: 'web:3000', ports: [9090], domains: ['a'] }), 'web'),
    ).toBe(true);
    expect(routesMatchForService(web, release({ to: 'web:80', ports: [8080] }), 'web')).toBe(true);
  });

  test('not where its port leads to another one now', () => {
    const two = release({ to: 'web:3000', ports: [8080] }, { to: 'api:3000', ports: [9090] });
    const turned = release({ to: 'web:3000', ports: [9090] }, { to: 'api:3000', ports: [8080] });
    expect(routesMatchForService(two, turned, 'web')).toBe(false);
    expect(routesMatchForService(web, two, 'api')).toBe(false);
  });
});
