import { expect, test } from '@jest/globals';
import type { Release } from '../../src/model/release.ts';
import type { Route } from '../../src/model/route.ts';
import { routeIdentity } from '../../src/rollout/route-identity.ts';

const route = (...domains: readonly string[]): Route => ({
  ...{ id: domains[0] ?? '8080', service: 'web', containerPort: 3000, published: [], domains },
});
const identity = (asked: Route, all: readonly Route[], host?: string): unknown =>
  routeIdentity(
    { routes: all, health: { path: '/up', timeout: 1, host } } satisfies Pick<Release, 'routes' | 'health'>,
    asked,
  );

const [SHOP, API, PORT] = [route('shop.test', 'www.test'), route('api.test'), route()];

test.each([
  ['without domains, as localhost', identity(PORT, [PORT]), 'localhost', 'http'],
  ['with domains, by the first of its own', identity(API, [SHOP, API]), 'api.test', 'https'],
  ['without one of its own, by the first of the release', identity(PORT, [PORT, SHOP]), 'shop.test', 'http'],
  ['by health-host before all', identity(SHOP, [SHOP], 'own.test:81'), 'own.test:81', 'https'],
])('a route is asked %s', (_, asked, host, scheme) => {
  expect(asked).toEqual({ host, scheme, protocol: 'http' });
});
