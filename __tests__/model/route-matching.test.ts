import { describe, expect, test } from '@jest/globals';
import type { Route } from '../../src/model/route.ts';
import { canShareEdge, describeRouteChange, routesMatchForService } from '../../src/model/route-matching.ts';
import { withRouteIds } from '../../src/release/compose/route-ids.ts';

interface RouteOptions {
  readonly to: string;
  readonly ports?: readonly number[];
  readonly domains?: readonly string[];
}

const release = (...options: readonly RouteOptions[]): { readonly routes: readonly Route[] } => ({
  routes: withRouteIds(
    options.map(({ to, ports = [], domains = [] }) => ({
      service: to.split(':')[0] ?? '',
      containerPort: Number(to.split(':')[1]),
      published: ports.map((port) => ({ address: undefined, port })),
      domains,
    })),
  ),
});
const web = release({ to: 'web:3000', ports: [8080] });

describe('describeRouteChange', () => {
  test.each([
    ['published ports have changed', release({ to: 'web:3000', ports: [9090] })],
    ['published ports have changed', release({ to: 'web:3000', ports: [8080, 9090] })],
    ['domains point elsewhere', release({ to: 'web:3000', ports: [8080], domains: ['shop.example.com'] })],
    [
      'domains point elsewhere',
      release({ to: 'web:3000', ports: [8080] }, { to: 'b:1', domains: ['b.example.com'] }),
    ],
    [undefined, release({ to: 'app:80', ports: [8080] })],
  ])('the reason for another edge is: %s', (reason, other) => {
    expect(describeRouteChange(web, other)).toBe(reason);
  });

  test('another edge is needed if one of two published ports moves to another service', () => {
    const both = release({ to: 'web:3000', ports: [8080, 9090] });
    const apart = release({ to: 'web:3000', ports: [8080] }, { to: 'api:80', ports: [9090] });
    expect(describeRouteChange(both, apart)).toBe('published ports point elsewhere');
  });

  test('another edge is needed if a service that has only domains is replaced by another one', () => {
    const routes = (name: string) => [
      { to: `${name}:80`, domains: ['a.example.com'] },
      { to: 'b:80', domains: ['b.example.com'] },
    ];
    const why = 'services that have only domains have changed';
    expect(describeRouteChange(release(...routes('a')), release(...routes('c')))).toBe(why);
  });
});

describe('another protocol of a port', () => {
  const grpc = { routes: web.routes.map((route) => ({ ...route, protocol: 'grpc' as const })) };

  test('needs another edge, and the reason says that nothing answers there until the switch', () => {
    const why = 'port 3000 of web has another protocol, so it gives no answers until the switch';
    expect(describeRouteChange(web, grpc)).toBe(why);
    expect(describeRouteChange(grpc, web)).toBe(why);
    expect(describeRouteChange(grpc, grpc)).toBeUndefined();
  });

  test('can not be served with the former one by one edge', () => {
    expect(canShareEdge(web, grpc)).toBe(false);
    expect(canShareEdge(grpc, grpc)).toBe(true);
  });
});

test('routes that another version of Sealift has recorded with other ids share the edge', () => {
  const recorded = { routes: web.routes.map((route) => ({ ...route, id: 'web-3000' })) };
  expect(describeRouteChange(recorded, web)).toBe('another version of Sealift named its routes');
  expect(canShareEdge(recorded, web)).toBe(true);
});

describe('canShareEdge', () => {
  test.each([
    ['a renamed service', true, release({ to: 'app:80', ports: [8080] })],
    ['another port', true, release({ to: 'web:3000', ports: [9090] })],
    ['one port more', true, release({ to: 'web:3000', ports: [8080, 9090] })],
    ['another port of another service', false, release({ to: 'app:80', ports: [9090] })],
    ['one route more', false, release({ to: 'web:3000', ports: [8080] }, { to: 'b:1', ports: [1] })],
    ['no route', false, release()],
  ])('an edge can be shared with a second release with %s: %p', (_, can, other) => {
    expect(canShareEdge(web, other)).toBe(can);
  });

  test('an edge can not be shared if two routes have become one', () => {
    const both = release({ to: 'web:3000', ports: [8080] }, { to: 'api:80', ports: [9090] });
    const one = release({ to: 'web:3000', ports: [8080, 9090] }, { to: 'b:1', ports: [1] });
    expect(canShareEdge(both, one)).toBe(false);
  });
});

describe('routesMatchForService', () => {
  test('the routes of a service match if other ports and domains point to it', () => {
    expect(
      routesMatchForService(web, release({ to: 'web:3000', ports: [9090], domains: ['a'] }), 'web'),
    ).toBe(true);
    expect(routesMatchForService(web, release({ to: 'web:80', ports: [8080] }), 'web')).toBe(true);
  });

  test('the routes of a service do not match if its port points to another service now', () => {
    const two = release({ to: 'web:3000', ports: [8080] }, { to: 'api:3000', ports: [9090] });
    const swapped = release({ to: 'web:3000', ports: [9090] }, { to: 'api:3000', ports: [8080] });
    expect(routesMatchForService(two, swapped, 'web')).toBe(false);
    expect(routesMatchForService(web, two, 'api')).toBe(false);
  });
});
