import { describe, expect, test } from '@jest/globals';
import { fallbackAddresses } from '../../src/edge/fallback.ts';
import type { Route } from '../../src/model/release.ts';

const route = (
  id: string,
  service: string,
  { ports = [], containerPort = 3000, domains = [] }: Ways = {},
) => ({
  id,
  service,
  containerPort,
  published: ports.map((port) => ({ address: undefined, port })),
  domains,
});
interface Ways {
  readonly ports?: readonly number[];
  readonly containerPort?: number;
  readonly domains?: readonly string[];
}

/** Where the routes of a new edge find a release that has these routes. */
const found = (former: readonly Route[], routes: readonly Route[]): Record<string, readonly string[]> =>
  Object.fromEntries(
    fallbackAddresses(
      routes,
      { routes: former },
      new Map(former.map(({ id, service }) => [id, [`${service}:1`]])),
    ),
  );

describe('a new edge finds the release that has the traffic', () => {
  test('at the port that it had, whatever the service and the route are called', () => {
    const former = [route('web-3000', 'web', { ports: [8080] }), route('9000', 'api', { ports: [9000] })];
    expect(
      found(former, [
        route('8080', 'app', { ports: [8080], containerPort: 80 }),
        route('9000', 'web', { ports: [9000] }),
      ]),
    ).toEqual({ '8080': ['web:1'], '9000': ['api:1'] });
  });

  test('at one of several ports, and at a domain that it had', () => {
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

  test('at another port, where it leads to the same port of the same service', () => {
    const former = [route('8080', 'web', { ports: [8080] })];
    expect(found(former, [route('9090', 'web', { ports: [9090] })])).toEqual({ '9090': ['web:1'] });
  });

  test('nowhere where it had no way in: nothing is opened that was closed', () => {
    const former = [route('9000', 'web', { ports: [9000], containerPort: 9000 })];
    expect(
      found(former, [
        route('80', 'web', { ports: [80], containerPort: 80 }),
        route('443', 'app', { ports: [443] }),
      ]),
    ).toEqual({});
  });

  test('nowhere where nothing of it runs', () => {
    const former = [route('8080', 'web', { ports: [8080] })];
    expect(fallbackAddresses(former, { routes: former }, new Map([['8080', []]]))).toEqual(new Map());
  });
});
