/** Files that bring their own proxy: it is left alone, and the edge behind it switches its requests. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { appInVersions } from '../../support/app-in-versions.ts';
import { probeImage } from '../../support/apps/images.ts';
import { compose, HEALTH } from '../../support/apps/probe.ts';
import { addressSeenBy, ask } from '../../support/http.ts';
import { labWith, uniqueName } from '../../support/lab.ts';
import { plainCrowd } from '../../support/load/crowd.ts';
import { startLoad } from '../../support/load/load.ts';
import { patience, patienceInput, until } from '../../support/patience.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../../support/test-app.ts';
import { meanwhile } from '../../support/times.ts';
import { TRAEFIK_CONFIG, traefikLabels, traefikService } from '../../support/traefik.ts';
import type { Files } from '../../support/workspace.ts';

const lab = await labWith(1);

interface Proxy {
  readonly proxy: Readonly<Record<string, unknown>>;
  /** Its configuration. */
  readonly content: string;
  readonly web?: Readonly<Record<string, unknown>>;
  /** Visitors that it loses requests of by itself are left out. */
  readonly visitors?: RegExp;
}

const NGINX = `events {}
http { access_log off; server { listen 80; location / {
  proxy_http_version 1.1;
  proxy_set_header Host $$http_host;
  proxy_set_header X-Forwarded-For $$proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto https;
  proxy_pass http://web:3000;
} } }
`;

/** By which Traefik tells this app from others of the server. */
const OWN = uniqueName('own');

const NGINX_SERVICE = {
  image: 'nginx:1',
  configs: [{ source: 'site', target: '/etc/nginx/nginx.conf' }],
  depends_on: ['web'],
};

/** The real nginx and Caddy, and what is closest to Traefik. */
const PROXIES: Readonly<Record<string, Proxy>> = {
  nginx: {
    proxy: NGINX_SERVICE,
    content: NGINX,
  },
  caddy: {
    proxy: { image: 'caddy:2', configs: [{ source: 'site', target: '/etc/caddy/Caddyfile' }] },
    content: ':80 {\n  reverse_proxy web:3000\n}\n',
    // Caddy's proxy cuts off a few answers to a POST, whatever is behind it.
    visitors: /^GET/,
  },
  traefik: {
    proxy: traefikService(OWN),
    content: TRAEFIK_CONFIG,
    web: { healthcheck: HEALTH, labels: traefikLabels(OWN) },
  },
};

describe.each(Object.entries(PROXIES))(
  'behind %s of the same file',
  (name, { proxy, content, web, visitors }) => {
    const versions = appInVersions({
      lab,
      stem: `own-${name}`,
      service: { ports: [], expose: ['3000'], restart: 'always', ...web },
      others: (port) => ({ proxy: { restart: 'always', ports: [`${port}:80`], ...proxy } }),
      beside: { configs: { site: { content } } },
      // The first deploy, too, is asked there.
      inputs: (url) => ({ url: `${url}up` }),
    });
    const proxyId = async (): Promise<string> =>
      (await versions.app.server.engine.get(`/containers/${versions.app.name}-production-proxy-1/json`)).Id;
    const visit = async () => {
      const crowd = plainCrowd({ url: versions.app.url() });
      return await versions.visit(crowd.filter(({ kind }) => visitors?.test(kind.name) ?? true));
    };
    let before = '';
    afterEach(async () => {
      const now = await proxyId();
      expect(now).toBe(before || now);
      before = now;
    });

    test('the first deploy and the next are checked at url through it; the next loses no request and brings nobody back to the old release', async () => {
      const { app } = versions;
      const load = await visit();
      const met: string[] = [];
      const look = async () => met.push(await app.version());
      // Longer than the deploy takes until the switch, so the drain waits for it. The stand-in for Traefik gives up after 3 s.
      const takes = name === 'traefik' ? 2500 : patience(60);
      const slow = ask(app.url(`/slow?ms=${takes}`), { timeout: patience(1000) });
      succeeded((await meanwhile(versions.deploy({}), look)).result);
      expect(JSON.parse((await slow).body).version).toBe('1');
      versions.stays();
      await look();
      expect([...new Set(met)]).toEqual(['1', '2']);
      const headers = JSON.parse((await ask(app.url('/headers'))).body);
      if (name === 'nginx') expect(headers).toMatchObject({ 'x-forwarded-proto': 'https' });
      // The stand-in for Traefik says nothing of the visitor.
      if (name !== 'traefik')
        expect(headers['x-forwarded-for']).toBe(await addressSeenBy(app.server.address, app.port));
      expect(met.lastIndexOf('1')).toBeLessThan(met.indexOf('2'));
      const { failures, seed } = await load.stop();
      expect({ failures, seed }).toEqual({ failures: [], seed });
    });

    test('a canary, a rolling deploy, one that is rolled back and a rollback lose no request', async () => {
      const { app } = versions;
      const load = await visit();
      const settles = async (version: string): Promise<void> => {
        await load.answered(version, 20);
        load.expect(version);
        await load.answered(version, 20);
      };
      load.expect('2', '3');
      succeeded(await versions.deploy({}, { strategy: 'canary', canary: '50% 3s, 100%' }));
      await settles('3');
      load.expect('3', '4');
      succeeded(await versions.deploy({}, { strategy: 'rolling' }));
      await settles('4');
      load.expect('4', '5');
      const bad = { url: app.url(), 'url-body': 'never', 'url-timeout': patienceInput(10) };
      expect((await versions.deploy({}, bad)).outputs['rolled-back']).toBe('true');
      await settles('4');
      load.expect('4', '3');
      succeeded(await app.rollback());
      await settles('3');
      const { failures, seed } = await load.stop();
      expect({ failures, seed }).toEqual({ failures: [], seed });
    });

    test('it finds the edge after a restart of the server, also where it starts before the edge, and an edge that was lost and made again', async () => {
      const { app } = versions;
      const docker = (...args: readonly string[]) => lab.run('in', app.server.name, 'docker', ...args);
      const edge = `${app.name}-production-edge`;
      const filler = `${app.name}-filler`;
      const answers = async () => (await ask(app.url('/up'))).status === 200;
      const deploys = async () => {
        await until('the app answers', answers);
        succeeded(await versions.deploy());
        await until('the newest release answers', async () => (await app.version()) === versions.latest);
      };
      await lab.run('kill', app.server.name);
      await lab.run('start', app.server.name);
      await until('the app answers after power on', answers);
      await until('the server can be reached', async () => (await app.status()).succeeded);
      await docker('stop', edge);
      await docker('restart', `${app.name}-production-proxy-1`);
      await docker('start', edge);
      await deploys();
      await docker('rm', '-f', edge);
      // It would get the next free address.
      const network = `${app.name}-production-upstream`;
      await docker('run', '--detach', '--name', filler, '--network', network, 'busybox:1', 'sleep', '1d');
      succeeded(await versions.deployAgain());
      await docker('rm', '-f', filler);
      await deploys();
    });
  },
);

describe('behind an nginx of the same file that asks the name server itself', () => {
  const content = `events {}
http { access_log off; server { listen 80; resolver 127.0.0.11 valid=1s; location / {
  set $$upstream http://web:3000;
  proxy_pass $$upstream;
} } }
`;
  const versions = appInVersions({
    lab,
    stem: 'own-resolver',
    service: { ports: [], expose: ['3000'], restart: 'always' },
    others: (port) => ({ proxy: { restart: 'always', ports: [`${port}:80`], ...NGINX_SERVICE } }),
    beside: { configs: { site: { content } } },
    inputs: (url) => ({ url: `${url}up` }),
  });

  test('a release that is named in a variable is followed by the next, and no request is lost', async () => {
    const load = await versions.visit(plainCrowd({ url: versions.app.url() }));
    succeeded(await versions.deploy());
    versions.stays();
    load.expect(versions.live);
    await load.answered(versions.live, 100);
    const { failures, seed } = await load.stop();
    expect({ failures, seed }).toEqual({ failures: [], seed });
  });
});

describe('behind an nginx of the same file', () => {
  let app: TestApp;
  let image: string;
  const nginx = (port: number, listen = 'listen 80', to = 'web:3000') =>
    `events {}\nhttp { access_log off; server { ${listen}; location / { proxy_pass http://${to}; } } }\n# ${port}\n`;
  const files = (port: number, conf: string, expose = '3000'): Files => ({
    'nginx.conf': conf,
    ...compose({
      services: {
        proxy: {
          image: 'nginx:1',
          ports: [`${port}:80`],
          volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro'],
          restart: 'always',
        },
        web: { image: '${IMAGE}', expose: [expose], environment: { VERSION: '1', PORT: expose } },
      },
    }),
  });

  beforeAll(async () => {
    image = await probeImage(lab);
    app = await testApp({ lab, stem: 'nginx', files: (port) => files(port, nginx(port, 'lisssten 80')) });
  });
  afterAll(() => app.remove());

  test('a release whose proxy can not start is not accepted, and the error shows what the proxy printed', async () => {
    const run = await app.deploy(image);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(/proxy did not become healthy: it crashes again and again/);
    expect(run.log).toContain('unknown directive "lisssten"');
  });

  test('a release without the port to which the running proxy sends requests is refused; with accessories: update it is deployed', async () => {
    await app.checkout.commit(files(app.port, nginx(app.port)));
    succeeded(await app.deploy(image, { accessories: 'update' }));
    expect(await app.version()).toBe('1');
    await app.checkout.commit(files(app.port, nginx(app.port, 'listen 80', 'web:4000'), '4000'));
    const refused = await app.deploy(image);
    expect(refused.errors[0]?.message).toContain('proxy runs and sends requests to web:3000');
    expect(await app.version()).toBe('1');
    succeeded(await app.deploy(image, { accessories: 'update' }));
    expect(await app.version()).toBe('1');
  });

  const proxy = async () => {
    const { Id, State } = await app.server.engine.get(`/containers/${app.name}-production-proxy-1/json`);
    return `${Id} since ${State.StartedAt}`;
  };

  test('an update of the proxy that can not start is found before the running one stops', async () => {
    const before = await proxy();
    await app.checkout.commit(files(app.port, nginx(app.port, 'lisssten 80')));
    const run = await app.deploy(image, { accessories: 'update' });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(
      /the new proxy does not start: .*unknown directive "lisssten".* left alone/s,
    );
    expect(await proxy()).toBe(before);
    expect(await app.version()).toBe('1');
    const containers = await app.server.engine.get('/containers/json?all=true');
    expect(JSON.stringify(containers)).not.toContain('-trial-');
  });

  test('an update of the proxy says in the plan that visitors are refused, and how long that was', async () => {
    const conf = `${nginx(app.port, 'listen 80', 'web:4000')}# changed\n`;
    await app.checkout.commit(files(app.port, conf, '4000'));
    const load = startLoad(app.url());
    await load.answered('1', 20);
    const run = succeeded(await app.deploy(image, { accessories: 'update' }));
    await load.answered('1', 20);
    const { down } = await load.stop();
    expect(run.log).toMatch(
      /recreate the accessory proxy \(changed definition; refuses visitors until it runs again/,
    );
    expect(run.log).toMatch(/nothing answered for \d/);
    expect(reportOf(run).hosts[0].downtime.durationMs).toBeGreaterThan(down / 2);
    expect(await app.version()).toBe('1');
  });

  test('a proxy that leads to no service any more is refused before anything is changed; with accessories: update, one that can not start takes the deploy back', async () => {
    const before = await proxy();
    await app.checkout.commit(files(app.port, nginx(app.port, 'listen 80', 'wbe:4000'), '4000'));
    const refused = await app.deploy(image);
    expect(refused.succeeded).toBe(false);
    expect(refused.errors[0]?.message).toMatch(/proxy is in front of .* leads to no released service: /);
    expect(await proxy()).toBe(before);
    const run = await app.deploy(image, { accessories: 'update' });
    expect(run.outputs['rolled-back']).toBe('true');
    expect(run.log).toContain('host not found in upstream "wbe"');
    expect(await app.version()).toBe('1');
  });
});

describe('behind a proxy of the same file that can not run twice', () => {
  let app: TestApp;
  let image: string;
  const PASS = `createServer((q, s) => q.pipe(request('http://web:3000' + q.url, { method: q.method, headers: q.headers }, (a) => a.pipe(s.writeHead(a.statusCode, a.headers))))).listen(80)`;
  const files = (port: number, first: string): Files =>
    compose({
      services: {
        proxy: {
          image: 'node:24-slim',
          init: true,
          ports: [`${port}:80`],
          command: ['node', '-e', `const { createServer, request } = require('http'); ${first}; ${PASS}`],
          volumes: ['data:/data'],
          restart: 'always',
        },
        web: { image: '${IMAGE}', expose: ['3000'], environment: { VERSION: '1' } },
      },
      volumes: { data: {} },
    });

  beforeAll(async () => {
    image = await probeImage(lab);
    app = await testApp({ lab, stem: 'once', files: (port) => files(port, '1') });
    succeeded(await app.deploy(image));
  });
  afterAll(() => app.remove());

  test('the former one serves again as soon as a failed update is known, and the report says how long visitors were refused', async () => {
    await app.checkout.commit(files(app.port, "throw new Error('no certificate')"));
    const run = await app.deploy(image, { accessories: 'update' });
    expect(run.succeeded).toBe(false);
    expect(run.log).toContain('no certificate');
    const report = reportOf(run);
    expect(report.state).toMatch(/Traffic is on \w+ again, after a stop of proxy/);
    expect(report.hosts[0].downtime).toMatchObject({ services: ['proxy'], complete: true });
    expect(await app.version()).toBe('1');
  });
});
