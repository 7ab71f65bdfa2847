import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { edgeContainerSpec, edgeState } from '../../src/edge/edge.ts';
import { edgeConfig } from '../../src/edge/edge-config.ts';
import { type EdgeRoute, type EdgeSpec, edgeFingerprint, httpRoutes } from '../../src/edge/edge-spec.ts';
import { initialEdgeFiles } from '../../src/edge/initial-files.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import type { PublishedPort } from '../../src/model/route.ts';
import { publishedAddress } from '../../src/model/route-matching.ts';

const at = (port: number, address?: string): PublishedPort => ({ address, port });
const route = (id: string, published: readonly PublishedPort[] = [], socket = false): EdgeRoute => ({
  id,
  published,
  socket,
});
const spec = (...routes: readonly EdgeRoute[]): EdgeSpec => ({
  app: 'shop',
  environment: 'production',
  routes,
});

const WEB = route('80', [at(80)]);
const API = route('81-127.0.0.1', [at(81, '127.0.0.1'), at(82)], true);

// biome-ignore lint/suspicious/noExplicitAny: Caddy's config, of which each test reads another part
const servers = (edge: EdgeSpec): any => JSON.parse(JSON.stringify(edgeConfig(edge))).apps.http.servers;

describe('the fingerprint of an edge', () => {
  test('does not depend on the order of routes and ports', () => {
    const reversed = route('81-127.0.0.1', [at(82), at(81, '127.0.0.1')], true);
    expect(edgeFingerprint(spec(WEB, API))).toBe(edgeFingerprint(spec(reversed, WEB)));
  });

  test.each([
    ['a route', spec(WEB)],
    ['a port', spec(WEB, route('81-127.0.0.1', [at(81, '127.0.0.1'), at(83)], true))],
    ['an address', spec(WEB, route('81-127.0.0.1', [at(81), at(82)], true))],
    ['a protocol', spec(WEB, { ...API, protocol: 'h2c' })],
    [
      'trusted proxies',
      { ...spec(WEB, API), trustedProxies: { ranges: ['10.0.0.1/32'], proxyProtocol: false } },
    ],
    ['a socket', spec(WEB, route('81-127.0.0.1', [at(81, '127.0.0.1'), at(82)], false))],
  ])('changes with %s', (_, other) => {
    expect(edgeFingerprint(other)).not.toBe(edgeFingerprint(spec(WEB, API)));
  });

  test('belongs to one version of the config', () => {
    // A running edge keeps its config. When this fails, increase EDGE_LAYOUT_VERSION if edges must get the new one.
    const digest = createHash('sha256')
      .update(JSON.stringify(edgeConfig(spec(WEB, API))))
      .digest('hex')
      .slice(0, 16);
    expect({ digest, fingerprint: edgeFingerprint(spec(WEB, API)) }).toMatchSnapshot();
  });
});

describe('the config of an edge', () => {
  test('has a public server for each route, which listens on its published ports and its socket', () => {
    const { 'public.81-127.0.0.1': api, 'public.80': web } = servers(spec(WEB, API));
    expect(api.listen).toEqual([':8001', 'unix//front/apps/shop-production.81-127.0.0.1/s|0600']);
    expect(web.listen).toEqual([':8000']);
  });

  test('has a server for each slot and route, with the name that the metrics show', () => {
    expect(new Set(Object.keys(servers(spec(WEB))))).toEqual(
      new Set(['blue.80', 'green.80', 'probe', 'public.80']),
    );
    expect(servers(spec(WEB))['green.80'].listen).toEqual(['unix//run/edge/green.80|0600']);
  });

  test('names 24 address files for each slot and route, all of which are created', () => {
    const [, proxied] = servers(spec(WEB))['blue.80'].routes;
    const [, toRelease] = proxied.handle[0].routes;
    const upstreams: { dial: string }[] = toRelease.handle[0].upstreams;
    const files = upstreams.map(({ dial }) => dial.replace(/^\{file\.\/sealift\/edge\/(.*)\}$/, '$1'));
    expect(new Set(files).size).toBe(24);
    expect([...initialEdgeFiles(spec(WEB)).keys()]).toEqual(expect.arrayContaining(files));
  });

  test('reads only files that are created', () => {
    const read = [
      ...JSON.stringify(edgeConfig(spec(WEB, API))).matchAll(/\{file\.\/sealift\/edge\/([^}]*)\}/g),
    ].map((match) => match[1]);
    expect([...initialEdgeFiles(spec(WEB, API)).keys()]).toEqual(expect.arrayContaining([...new Set(read)]));
  });

  test('sets a cookie only while the visitors are divided', () => {
    const [{ handle }] = servers(spec(WEB))['public.80'].routes;
    const setting = handle[0].routes.filter((each: unknown) => JSON.stringify(each).includes('Set-Cookie'));
    expect(setting).toHaveLength(1);
    expect(setting[0].match).toEqual([
      { vars_regexp: { split: { name: 'division', pattern: '^([0-9a-f]{8}) (blue|green)$' } } },
    ]);
  });

  test('speaks HTTP/2 all the way to a container that speaks it', () => {
    const { 'public.80': web, 'blue.80': blue } = servers(spec({ ...WEB, protocol: 'grpc' }));
    const speaks = (server: unknown): string[] =>
      JSON.stringify(server).match(/"versions":\["h2c","2"\]/g) ?? [];
    expect([speaks(web).length > 0, speaks(blue).length > 0]).toEqual([true, true]);
    expect(blue.protocols).toContain('h2c');
    expect(speaks(servers(spec(WEB))['public.80'])).toEqual([]);
  });

  test('can not be made for a service whose name makes a socket path too long', () => {
    expect(() => edgeConfig(spec(route(`${'s'.repeat(100)}-80`, [at(80)])))).toThrow(ConfigurationError);
  });
});

describe('the container of an edge', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a container spec, of which each test reads another part
  const container = (edge: EdgeSpec): any => edgeContainerSpec(edge, 'caddy:2');

  test('publishes the routes at the ports of the Compose file', () => {
    expect(container(spec(WEB, API)).HostConfig.PortBindings).toEqual({
      '8000/tcp': [{ HostIp: '', HostPort: '80' }],
      '8001/tcp': [
        { HostIp: '127.0.0.1', HostPort: '81' },
        { HostIp: '', HostPort: '82' },
      ],
    });
  });

  test('mounts the volume of the front only if it has a route with domains', () => {
    const targets = (edge: EdgeSpec): string[] =>
      container(edge).HostConfig.Mounts.map((mount: { Target: string }) => mount.Target);
    expect(targets(spec(WEB))).toEqual(['/sealift']);
    expect(targets(spec(API))).toEqual(['/sealift', '/front']);
  });

  test('is on the networks of both slots and on no other', () => {
    const { NetworkingConfig, HostConfig } = container(spec(WEB));
    expect(Object.keys(NetworkingConfig.EndpointsConfig)).toEqual([
      'shop-production-blue',
      'shop-production-green',
    ]);
    expect(HostConfig.NetworkMode).toBe('shop-production-blue');
  });

  test('is the running one of two that an interrupted replacement left', () => {
    const edge = (id: string, state: string) => ({
      id,
      name: id,
      labels: { 'sealift.role': 'edge', 'sealift.edge': id },
      state,
      ports: [],
      networks: [],
      imageId: '',
      volumes: [],
    });
    expect(edgeState([edge('old', 'exited'), edge('new', 'running')])).toMatchObject({
      state: 'running',
      fingerprint: 'new',
    });
    expect(edgeState([edge('old', 'exited')])).toMatchObject({ state: 'stopped' });
    expect(edgeState([])).toEqual({ state: 'absent' });
  });
});

describe('an upstream, at which proxies of the Compose file reach the edge', () => {
  const behind = (id: string, network: string, port: number, labels?: Readonly<Record<string, string>>) => ({
    ...route(id),
    upstream: { network, port, names: [id], ...(labels === undefined ? {} : { labels }) },
  });
  const edge = spec(behind('web', 'upstream', 3000), behind('api', 'upstream-2', 3000));
  const addresses = new Map([
    ['upstream', '10.0.1.254'],
    ['upstream-2', '10.0.2.254'],
  ]);

  test('is a server at its address and port, with no public one, which passes on what proxies say of the visitor', () => {
    // biome-ignore lint/suspicious/noExplicitAny: Caddy's config, of which the test reads a part
    const all: any = JSON.parse(JSON.stringify(edgeConfig(edge, addresses))).apps.http.servers;
    expect(Object.keys(all).filter((name) => name.startsWith('public.'))).toEqual([]);
    expect(all['upstream.web'].listen).toEqual(['10.0.1.254:3000']);
    expect(all['upstream.api'].listen).toEqual(['10.0.2.254:3000']);
    expect(all['upstream.web'].trusted_proxies.ranges).toEqual(['0.0.0.0/0', '::/0']);
    expect(servers(spec(WEB))['public.80'].trusted_proxies).toBeUndefined();
  });

  test('gives the app the X-Forwarded-For of the proxy as it is', () => {
    // biome-ignore lint/suspicious/noExplicitAny: Caddy's config, of which the test reads a part
    const all: any = JSON.parse(JSON.stringify(edgeConfig(edge, addresses))).apps.http.servers;
    const kept = '"set":{"Sealift-Claimed-X-Forwarded-For":["{http.request.header.X-Forwarded-For}"]}';
    const returned = '"set":{"X-Forwarded-For":["{http.request.header.Sealift-Claimed-X-Forwarded-For}"]}';
    expect(JSON.stringify(all['upstream.web'])).toContain(kept);
    expect(JSON.stringify(all['blue.web'])).toContain(returned);
    expect(JSON.stringify(servers(spec(WEB))['blue.80'])).not.toContain(returned);
  });

  test('is a network on which the edge has the names of the service, and an address that stays', () => {
    // biome-ignore lint/suspicious/noExplicitAny: a container spec, of which the test reads a part
    const container: any = edgeContainerSpec(edge, 'caddy:2', 'edge.json', addresses);
    expect(container.NetworkingConfig.EndpointsConfig).toMatchObject({
      'shop-production-upstream': { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.0.1.254' } },
      'shop-production-upstream-2': { Aliases: ['api'], IPAMConfig: { IPv4Address: '10.0.2.254' } },
    });
    expect(container.HostConfig.PortBindings).toEqual({});
  });

  test('carries the labels of Traefik, and says which network', () => {
    const labels = { 'traefik.http.routers.shop.rule': 'Host(`a.example.com`)' };
    // biome-ignore lint/suspicious/noExplicitAny: a container spec, of which the test reads a part
    const container: any = edgeContainerSpec(spec(behind('web', 'upstream', 3000, labels)), 'caddy:2');
    expect(container.Labels).toMatchObject({
      ...labels,
      'traefik.enable': 'true',
      'traefik.docker.network': 'shop-production-upstream',
      'sealift.role': 'edge',
    });
  });

  test('needs a new edge if it changes; a route without one has the fingerprint that it had', () => {
    const one = edgeFingerprint(spec(behind('web', 'upstream', 3000)));
    expect(edgeFingerprint(spec(behind('web', 'upstream', 3001)))).not.toBe(one);
    expect(edgeFingerprint(spec(route('web')))).not.toBe(one);
  });

  test('leaves its port free of published routes', () => {
    const django = {
      ...route('80', [at(80)]),
      upstream: { network: 'upstream', port: 8000, names: ['web'] },
    };
    expect(httpRoutes(spec(django)).map(({ port }) => port)).toEqual([8001]);
  });
});

test('each route has its own port inside the container, even if two publish one port on two addresses', () => {
  const routes = httpRoutes(spec(route('a-1', [at(80, '10.0.0.1')]), route('b-1', [at(80, '10.0.0.2')])));
  expect(routes.map(({ id, port }) => [id, port])).toEqual([
    ['a-1', 8000],
    ['b-1', 8001],
  ]);
  expect(publishedAddress(at(80))).toBe(':80');
});
