import { describe, expect, test } from '@jest/globals';
import type { ComposeObject } from '../../../src/model/compose-config.ts';
import type { EdgeKind } from '../../../src/model/deploy-options.ts';
import { splitProject } from '../../../src/release/compose/split-project.ts';
import { APP, recorded } from '../../support/compose/fixtures.ts';

const { placeholder } = recorded('alone');

/** Services that run the image that is delivered, as `docker compose config` prints them. */
function split(services: Readonly<Record<string, ComposeObject>>, edge: EdgeKind = 'none') {
  const all = Object.entries(services).map(([name, service]) => [name, { image: placeholder, ...service }]);
  const config = {
    services: Object.fromEntries(all),
    networks: {
      default: { name: 'shop_default' },
      back: { name: 'shop_back' },
      proxy: { name: 'proxy', external: true },
    },
    volumes: { data: { name: 'shop_data' } },
  };
  const resolved = {
    config,
    placeholder,
    files: [],
    refusedMounts: [],
    contents: new Map(),
    notices: [],
    problems: [],
  };
  return splitProject(resolved, APP, new Map(), edge);
}

const roles = (services: Readonly<Record<string, ComposeObject>>) =>
  Object.fromEntries(
    Object.values(split(services).services).map(({ name, role, exclusiveReason }) => [
      name,
      exclusiveReason === undefined ? role : `${role}: ${exclusiveReason}`,
    ]),
  );

const port = (target: number, published?: string): ComposeObject => ({
  ports: [{ target, protocol: 'tcp', ...(published === undefined ? {} : { published }) }],
});

describe('with edge: none', () => {
  test('a service that a proxy finds runs beside the old one, and one that nothing reaches is a worker', () => {
    expect(
      roles({
        traefik: { labels: { 'traefik.http.routers.shop.rule': 'Host(`shop.example.com`)' } },
        caddy: { labels: { caddy: 'shop.example.com', 'caddy.reverse_proxy': '{{upstreams 80}}' } },
        second: { labels: { caddy_1: 'shop.example.com' } },
        nginx: { environment: { VIRTUAL_HOST: 'shop.example.com' } },
        exposed: { expose: ['3000'] },
        outside: { networks: { proxy: null } },
        free: port(80),
        jobs: { labels: { 'traefik.enable': 'false', 'traefik.x': 'y', caddyish: '' } },
      }),
    ).toEqual({
      traefik: 'internal',
      caddy: 'internal',
      second: 'internal',
      nginx: 'internal',
      exposed: 'internal',
      outside: 'internal',
      free: 'internal',
      jobs: 'worker',
    });
  });

  test('an external network makes a service reachable, which it does not with an edge', () => {
    const outside = { networks: { proxy: null } };
    expect(split({ outside }, 'caddy').services).toMatchObject({ outside: { role: 'worker' } });
    expect(split({ outside }, 'none').services).toMatchObject({ outside: { role: 'internal' } });
  });

  test('there are no routes', () => {
    expect(split({ web: { ...port(3000, '80'), labels: { 'traefik.enable': 'true' } } }).routes).toEqual([]);
  });

  test('a service that publishes a port is exclusive and keeps its ports', () => {
    const services = { web: port(3000, '80'), dns: port(53), range: port(1, '9000-9010') };
    expect(roles(services)).toEqual({
      web: 'exclusive: with edge: none it publishes port 80 itself',
      dns: 'internal',
      range: 'exclusive: with edge: none it publishes port 9000-9010 itself',
    });
    const { compose } = split(services);
    for (const name of ['web', 'dns', 'range'] as const)
      expect(compose.services[name]).toMatchObject(services[name]);
  });

  test('a service that a proxy finds may write beside the old one, and one that can only be reached may not', () => {
    const volumes = [{ type: 'volume', source: 'data', target: '/data' }];
    const web = { labels: { 'traefik.enable': 'true' }, volumes, restart: 'always' };
    expect(roles({ web })).toEqual({ web: 'internal' });
    expect(split({ web }).notices).toEqual([
      expect.stringContaining('web: the old and the new release both write to data'),
    ]);
    expect(roles({ db: { expose: ['5432'], volumes } })).toEqual({
      db: expect.stringMatching(/^exclusive: it alone writes to data/),
    });
  });

  test('a notice says that no proxy finds the release', () => {
    expect(split({ web: {} }).notices).toEqual([
      expect.stringMatching(/^edge: none, and nothing says how a proxy/),
    ]);
  });

  test('a service of several networks has a notice that Traefik needs the name of one, unless one is external or said', () => {
    const rule = { 'traefik.http.routers.shop.rule': 'Host(`shop.example.com`)' };
    const noticesOf = (networks: ComposeObject, labels: ComposeObject = {}): readonly string[] =>
      split({ web: { networks, labels: { ...rule, ...labels }, restart: 'always' } }).notices;
    expect(noticesOf({ default: null, back: null })).toEqual([
      expect.stringContaining('Add the label traefik.docker.network'),
    ]);
    expect(noticesOf({ default: null, proxy: null })).toEqual([]);
    expect(noticesOf({ default: null, back: null }, { 'traefik.docker.network': 'shop_back' })).toEqual([]);
  });

  test('a port of the host that two services publish is rejected', () => {
    expect(() => split({ web: port(3000, '80'), api: port(4000, '80') })).toThrow(
      'compose-file: port 80 of the host is claimed by web and by api.',
    );
  });
});

describe('with the edge, a service that a proxy outside of the file finds', () => {
  const rule = { 'traefik.http.routers.shop.rule': 'Host(`shop.example.com`)' };

  test.each<[string, ComposeObject]>([
    ['labels of Traefik', { labels: rule, networks: { proxy: null } }],
    ['labels of caddy-docker-proxy', { labels: { caddy: 'shop.example.com' }, expose: ['3000'] }],
    ['VIRTUAL_HOST', { environment: { VIRTUAL_HOST: 'shop.example.com' } }],
  ])('is refused if nothing passes the edge: by %s', (found, web) => {
    expect(() => split({ web }, 'caddy')).toThrow(
      `a proxy finds service web by ${found}, and nothing of this release passes Sealift's edge. Set "edge: none"`,
    );
  });

  test('runs beside the old one if other services pass the edge, with complete labels, and a notice says so', () => {
    const web = { labels: rule, networks: { proxy: null }, expose: ['3000'], restart: 'always' };
    const { services, notices, compose } = split(
      { web, api: { ...port(4000, '80'), restart: 'always' } },
      'caddy',
    );
    expect(services).toMatchObject({ web: { role: 'internal' }, api: { role: 'served' } });
    expect(notices).toEqual([expect.stringContaining('web: a proxy finds it by labels of Traefik')]);
    expect(compose.services['web']).toMatchObject({
      labels: { 'traefik.docker.network': 'proxy', 'traefik.http.routers.shop.service': 'web' },
    });
  });

  test.each<[string, ComposeObject]>([
    ['name only a middleware', { labels: { 'traefik.http.middlewares.a.retry.attempts': '3' } }],
    ['are switched off', { labels: { ...rule, 'traefik.enable': 'false' } }],
  ])('is a worker if its labels %s', (_, web) => {
    expect(split({ web }, 'caddy').services).toMatchObject({ web: { role: 'worker' } });
  });

  test('is served if it publishes a port, and its labels stay', () => {
    const web = { ...port(3000, '80'), labels: rule };
    expect(split({ web }, 'caddy').services).toMatchObject({ web: { role: 'served' } });
  });
});
