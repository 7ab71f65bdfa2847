import { describe, expect, test } from '@jest/globals';
import type { ComposeObject } from '../../../src/model/compose-config.ts';
import type { EdgeKind } from '../../../src/model/deploy-options.ts';
import { asObject } from '../../../src/model/json.ts';
import type { Release } from '../../../src/model/release.ts';
import { splitProject } from '../../../src/release/compose/split-project.ts';
import { APP, recorded } from '../../support/compose/fixtures.ts';

const { placeholder } = recorded('alone');
const networks = { default: null };

interface Given {
  /** What the proxy is told, in a config. */
  readonly config?: string;
  readonly edge?: EdgeKind;
  readonly networks?: Readonly<Record<string, ComposeObject>>;
}

/** As `docker compose config` prints it: services with `image` are accessories, all others are released. */
function split(services: Readonly<Record<string, ComposeObject>>, given: Given = {}) {
  const all = Object.entries(services).map(([name, service]) => [
    name,
    { image: placeholder, restart: 'always', networks, ...service },
  ]);
  const config = {
    services: Object.fromEntries(all),
    networks: given.networks ?? { default: { name: 'shop-production_default' } },
    configs: { site: { content: (given.config ?? '').replaceAll('$', '$$$$') } },
  };
  const contents = new Map<`config:${string}`, string>();
  const none = { placeholder, files: [], refusedMounts: [], notices: [], problems: [] };
  return splitProject({ ...none, config, contents }, APP, new Map(), given.edge ?? 'caddy');
}
type Split = ReturnType<typeof split>;

const PROXY: ComposeObject = {
  image: 'nginx:1',
  ports: [{ target: 80, published: '8080', protocol: 'tcp' }],
  configs: [{ source: 'site', target: '/etc/nginx/nginx.conf' }],
};
const TRAEFIK: ComposeObject = {
  image: 'traefik:v3',
  ports: [{ target: 80, published: '80', protocol: 'tcp' }],
  volumes: [{ type: 'bind', source: '/var/run/docker.sock', target: '/var/run/docker.sock' }],
};
const dependsOn = (...names: readonly string[]): ComposeObject => ({
  depends_on: Object.fromEntries(names.map((name) => [name, { condition: 'service_started' }])),
});

/** `web:3000 is upstream:3000 as web, app`. */
const upstreams = ({ routes }: Pick<Release, 'routes'>): readonly string[] =>
  routes.flatMap(({ service, containerPort, upstream }) =>
    upstream === undefined
      ? []
      : `${service}:${containerPort} is ${upstream.network}:${upstream.port} as ${upstream.names.join()}`,
  );
const networksOf = ({ base }: Pick<Split, 'base'>, name: string): readonly string[] =>
  Object.keys(asObject(asObject(base.services[name])['networks']));
const roleOf = ({ services }: Split, name: string): unknown => asObject(services[name])['role'];

describe('a proxy that the file brings', () => {
  test('is recognized by what its config says: the service is served by the edge, which the proxy reaches on a network of their own', () => {
    const result = split({ proxy: PROXY, web: {} }, { config: 'proxy_pass http://web:3000;' });
    expect(upstreams(result)).toEqual(['web:3000 is upstream:3000 as web']);
    expect(roleOf(result, 'web')).toBe('served');
    expect(networksOf(result, 'proxy')).toEqual(['default', 'sealift-upstream']);
    expect(result.base.networks).toMatchObject({ 'sealift-upstream': { name: 'shop-production-upstream' } });
    expect(networksOf({ base: result.compose }, 'web')).toEqual(['default']);
    expect(result.notices).toEqual([expect.stringContaining('proxy is in front of web:3000')]);
  });

  test.each([
    ['a variable', { environment: { BACKEND: 'web:3000' } }],
    ['a command', { command: ['reverse-proxy', '--to', 'http://web:3000'] }],
    ['an alias', { environment: { BACKEND: 'shop.internal:3000' } }],
    ['a link', { links: ['web:app'], environment: { BACKEND: 'app:3000' } }],
    ['depends_on and expose', dependsOn('web')],
  ])('is recognized by %s', (_, proxy) => {
    const web = { expose: ['3000'], networks: { default: { aliases: ['shop.internal'] } } };
    const { routes } = split({ proxy: { ...PROXY, ...proxy }, web });
    expect(routes).toMatchObject([{ service: 'web', containerPort: 3000, upstream: { port: 3000 } }]);
    expect(routes[0]?.upstream?.names).toEqual(expect.arrayContaining(['web', 'shop.internal']));
  });

  test('is found behind another one, which publishes the ports', () => {
    const ui = { image: 'ui:1', environment: { API: 'http://web:3000' } };
    const result = split({ proxy: PROXY, ui, web: {} }, { config: 'proxy_pass http://ui:80;' });
    expect(upstreams(result)).toEqual(['web:3000 is upstream:3000 as web']);
    expect(networksOf(result, 'ui')).toEqual(['default', 'sealift-upstream']);
    expect(networksOf(result, 'proxy')).toEqual(['default']);
  });

  test('gives services with the same port a network each, and those with different ports the same one', () => {
    const config = 'proxy_pass http://web:3000; proxy_pass http://api:3000; proxy_pass http://docs:80;';
    const result = split({ proxy: PROXY, web: {}, api: {}, docs: {} }, { config });
    expect(upstreams(result)).toEqual([
      'web:3000 is upstream:3000 as web',
      'api:3000 is upstream-2:3000 as api',
      'docs:80 is upstream:80 as docs',
    ]);
    expect(networksOf(result, 'proxy')).toEqual(['default', 'sealift-upstream', 'sealift-upstream-2']);
  });

  test('reaches the edge first, also where another of its networks sorts before', () => {
    const on = (name: string): unknown => {
      const given = { config: 'http://web:3000', networks: { default: { name } } };
      return asObject(split({ proxy: PROXY, web: {} }, given).base.services['proxy'])['networks'];
    };
    expect(on('shop-production_default')).toMatchObject({ 'sealift-upstream': {} });
    expect(on('a-network')).toMatchObject({ 'sealift-upstream': { gw_priority: 1 } });
  });

  test('may lead to a service that publishes ports, too', () => {
    const web = { ports: [{ target: 3000, published: '3000', protocol: 'tcp' }] };
    const { routes } = split({ proxy: PROXY, web }, { config: 'http://web:3000' });
    expect(routes).toMatchObject([{ id: '3000', published: [{ port: 3000 }], upstream: { port: 3000 } }]);
  });

  test.each([
    ['FastCGI', 'fastcgi_pass web:9000;', 'proxy leads to web by FastCGI, which the edge can'],
    ['a port that nothing names', '', 'proxy is in front of web, but nothing says on which port'],
  ])('keeps its own way with %s, and a notice says what to do', (_, config, notice) => {
    const result = split({ proxy: { ...PROXY, ...dependsOn('web') }, web: {} }, { config });
    expect(result.routes).toEqual([]);
    expect(roleOf(result, 'web')).toBe('internal');
    expect(result.notices).toEqual([expect.stringContaining(notice)]);
  });

  test.each([
    ['publishes no port', { ...PROXY, ports: [] }],
    ['shares no network with it', { ...PROXY, networks: { other: null } }],
    ['is on the network of the host', { ...PROXY, networks: undefined, network_mode: 'host' }],
    ['names no released service', { ...PROXY, configs: [] }],
    ['only watches', { ...PROXY, image: 'prom/prometheus:v3' }],
  ])('is no proxy if it %s', (_, proxy) => {
    const all = { default: { name: 'shop-production_default' }, other: { name: 'other' } };
    const result = split({ proxy, web: {} }, { config: 'http://web:3000', networks: all });
    expect(result.routes).toEqual([]);
    expect(networksOf(result, 'proxy')).not.toContain('sealift-upstream');
  });

  test('with edge: none finds the containers itself', () => {
    const result = split({ proxy: PROXY, web: {} }, { config: 'http://web:3000', edge: 'none' });
    expect(result.routes).toEqual([]);
    expect(networksOf(result, 'proxy')).toEqual(['default']);
  });
});

describe('Traefik in the file', () => {
  const rule = { 'traefik.http.routers.shop.rule': 'Host(`shop.example.com`)' };

  test('finds the edge by the labels of the service, in which everything is said, and the containers no more', () => {
    const labels = { ...rule, 'traefik.enable': 'true', 'other.label': 'x' };
    const result = split({ traefik: TRAEFIK, web: { labels, expose: ['3000'] } });
    expect(result.routes).toMatchObject([
      {
        service: 'web',
        containerPort: 3000,
        upstream: {
          network: 'upstream',
          labels: {
            ...rule,
            'traefik.http.routers.shop.service': 'web',
            'traefik.http.services.web.loadbalancer.server.port': '3000',
          },
        },
      },
    ]);
    expect(asObject(result.compose.services['web'])['labels']).toEqual({
      'other.label': 'x',
      'traefik.enable': 'false',
    });
    expect(networksOf(result, 'traefik')).toContain('sealift-upstream');
  });

  test('keeps the names and the port that labels give; the edge listens on another port for a second service with the same', () => {
    const labels = (name: string): ComposeObject => ({
      labels: {
        [`traefik.http.routers.${name}.rule`]: 'PathPrefix(`/`)',
        [`traefik.http.services.${name}.loadbalancer.server.port`]: '3000',
      },
    });
    const { routes } = split({ traefik: TRAEFIK, web: labels('a'), api: labels('b') });
    expect(
      routes.map(({ containerPort, upstream }) => [containerPort, upstream?.network, upstream?.port]),
    ).toEqual([
      [3000, 'upstream', 3000],
      [3000, 'upstream', 3001],
    ]);
    expect(routes[1]?.upstream?.labels).toMatchObject({
      'traefik.http.routers.b.service': 'b',
      'traefik.http.services.b.loadbalancer.server.port': '3001',
    });
  });

  test.each([
    ['TCP', { 'traefik.tcp.routers.a.rule': 'HostSNI(`*`)' }, 'they are for TCP or UDP'],
    ['no router', { 'traefik.enable': 'true' }, 'they name no router'],
    ['no port', rule, 'nothing says its port'],
    [
      'HTTP/2 without TLS',
      { ...rule, 'traefik.http.services.a.loadbalancer.server.scheme': 'h2c' },
      'another scheme than http',
    ],
  ])('keeps its own way with labels for %s, and a notice says why', (_, labels, why) => {
    const result = split({ traefik: TRAEFIK, web: { labels } });
    expect(result.routes).toEqual([]);
    expect(result.notices).toEqual([expect.stringContaining(why)]);
  });

  test('with edge: none finds the containers by labels that say what would differ between releases; what they say already stays', () => {
    const labelled = (labels: ComposeObject, more: ComposeObject = {}): unknown =>
      asObject(
        split({ web: { labels, expose: ['3000'], ...more } }, { edge: 'none' }).compose.services['web'],
      )['labels'];
    expect(labelled(rule)).toEqual({
      ...rule,
      'traefik.docker.network': 'shop-production_default',
      'traefik.http.routers.shop.service': 'web',
      'traefik.http.services.web.loadbalancer.server.port': '3000',
    });
    const said = {
      ...rule,
      'traefik.docker.network': 'mine',
      'traefik.http.routers.shop.service': 'shop',
      'traefik.http.services.shop.loadbalancer.server.port': '80',
    };
    expect(labelled(said)).toEqual(said);
    expect(labelled({ other: 'label' })).toEqual({ other: 'label' });
  });

  test('is not each service with the Docker socket: the labels are for another one', () => {
    const portainer = { ...TRAEFIK, image: 'portainer/portainer-ce:2' };
    const web = {
      labels: rule,
      expose: ['3000'],
      ports: [{ target: 3000, published: '3000', protocol: 'tcp' }],
    };
    const { routes, compose } = split({ portainer, web });
    expect(routes).toMatchObject([{ published: [{ port: 3000 }] }]);
    expect(routes[0]?.upstream).toBeUndefined();
    expect(asObject(compose.services['web'])['labels']).toMatchObject(rule);
    const byName = {
      ...portainer,
      image: 'proxy:1',
      command: ['--providers.docker', '--log', 'traefik.log'],
    };
    expect(split({ byName, web }).routes[0]?.upstream).toBeDefined();
  });

  test('leaves services alone that switch it off', () => {
    const labels = { ...rule, 'traefik.enable': 'false' };
    const { routes, notices } = split({ traefik: TRAEFIK, web: { labels, expose: ['3000'] } });
    expect([routes, notices]).toEqual([[], []]);
  });
});
