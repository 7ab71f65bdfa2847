/** A Compose file with much of what there is, through the whole action. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../support/action.ts';
import { type Behaviour, compose, probe } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { tagsOf } from '../support/lab/registry.ts';
import { labWith, type Server } from '../support/lab.ts';
import { until } from '../support/patience.ts';
import { succeeded, type TestApp, testApp } from '../support/test-app.ts';
import type { Files } from '../support/workspace.ts';

const lab = await labWith(1, { builds: true });

/** The probe in a folder of its own, as the context of another service. */
function inFolder(folder: string, version: string, behaviour?: Behaviour): Files {
  const files = probe({ version, ...(behaviour === undefined ? {} : { behaviour }) });
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
}

describe('an app of many parts', () => {
  const SECRET = 'line one of a secret\nline two: $HOME "quoted"\n';
  let app: TestApp;
  let run: ActionRun;
  const text = async (path: string): Promise<string> => (await ask(app.url(path))).body;
  const inspect = async (service: string): Promise<ReturnType<Server['engine']['get']>> =>
    app.server.engine.get(`/containers/${app.name}-production-${run.outputs['release']}-${service}-1/json`);

  const document = (port: number): Record<string, unknown> => ({
    'x-common': { restart: 'unless-stopped' },
    services: {
      web: {
        build: { context: './web' },
        ports: [`${port}:3000`],
        env_file: ['web.env'],
        environment: {
          PRICE: 'costs $$5',
          FROM_INPUT: '${FROM_INPUT}',
          WITH_DEFAULT: '${NOT_SET:-a default}',
          FROM_DOTENV: '${FROM_DOTENV}',
        },
        depends_on: {
          db: { condition: 'service_healthy' },
          migrate: { condition: 'service_completed_successfully' },
          api: { condition: 'service_healthy' },
        },
        secrets: ['from_file', { source: 'from_env', target: 'renamed', uid: '1000', mode: 256 }],
        configs: [{ source: 'settings', target: '/etc/settings.json' }],
        networks: { default: {}, inner: { aliases: ['front-door'] } },
        volumes: ['uploads:/uploads', '/srv/anonymous'],
        tmpfs: ['/scratch:size=8m'],
        init: true,
        user: '1000:1000',
        read_only: true,
        cap_drop: ['ALL'],
        cap_add: ['NET_BIND_SERVICE'],
        ulimits: { nofile: { soft: 2048, hard: 4096 } },
        shm_size: '32m',
        stop_grace_period: '7s',
        stop_signal: 'SIGTERM',
        extra_hosts: ['printer.local=10.1.2.3'],
        dns: [lab.dns],
        sysctls: { 'net.core.somaxconn': 512 },
        labels: { 'com.example.team': 'tea' },
        logging: { driver: 'json-file', options: { 'max-size': '1m' } },
        deploy: { replicas: 2, resources: { limits: { memory: '200M', cpus: '0.5' } } },
        develop: { watch: [{ path: './web', action: 'rebuild' }] },
      },
      api: { build: './api', expose: ['3000'], networks: ['inner'] },
      migrate: {
        build: './api',
        environment: { PORT: 0, EXIT_AFTER_MS: 100 },
        healthcheck: { disable: true },
        networks: ['inner'],
      },
      db: {
        image: 'redis:7',
        volumes: ['data:/data'],
        healthcheck: { test: 'redis-cli ping', interval: '1s', start_period: '5s', start_interval: '200ms' },
        networks: ['inner'],
      },
      debugger: { image: 'busybox:1', command: 'sleep 1d', profiles: ['debug'] },
    },
    networks: { inner: {} },
    volumes: { data: {}, uploads: {} },
    secrets: { from_file: { file: './secret.txt' }, from_env: { environment: 'TOKEN' } },
    configs: { settings: { content: '{ "price": "$$5" }' } },
  });

  beforeAll(async () => {
    app = await testApp({
      lab,
      stem: 'parts',
      files: (port) => ({
        ...inFolder('web', 'web-1'),
        ...inFolder('api', 'api-1'),
        ...compose(document(port)),
        'web.env': 'FROM_FILE=of the file\n',
        '.env': 'FROM_DOTENV=of .env\n',
        'secret.txt': SECRET,
      }),
    });
    run = succeeded(
      await app.deliver(
        { env: 'FROM_INPUT=of the input\nTOKEN=a-token-that-nobody-may-see' },
        { secrets: { SECRET, TOKEN: 'a-token-that-nobody-may-see' } },
      ),
    );
  });
  afterAll(() => app.remove());

  test('each service that is built has an image and a repository of its own', async () => {
    const images = (run.outputs['image'] ?? '').split('\n').map((line) => line.split('='));
    expect(images.map(([service]) => service).sort()).toEqual(['api', 'migrate', 'web']);
    expect(await tagsOf(lab, `e2e/${app.name}-web`)).toEqual([app.checkout.sha]);
    expect(await tagsOf(lab, `e2e/${app.name}-api`)).toEqual([app.checkout.sha]);
  });

  test('variables come from env_file, the input, .env and defaults; a doubled dollar is one', async () => {
    expect(await text('/env?name=FROM_FILE')).toBe('of the file');
    expect(await text('/env?name=FROM_INPUT')).toBe('of the input');
    expect(await text('/env?name=FROM_DOTENV')).toBe('of .env');
    expect(await text('/env?name=WITH_DEFAULT')).toBe('a default');
    expect(await text('/env?name=PRICE')).toBe('costs $5');
  });

  test('secrets and configs are in the container, byte for byte, and nowhere else on the server', async () => {
    expect(await text('/file?path=/run/secrets/from_file')).toBe(SECRET);
    expect(await text('/file?path=/run/secrets/renamed')).toBe('a-token-that-nobody-may-see');
    expect(JSON.parse(await text('/file?path=/etc/settings.json'))).toEqual({ price: '$5' });
    const records = await app.server.engine.files(`${app.name}-production-records`, '/sealift');
    for (const { content } of records.values()) expect(content).not.toContain('nobody-may-see');
    expect(JSON.stringify(await inspect('web'))).not.toContain('nobody-may-see');
  });

  test('services of a release find each other and the accessories by name', async () => {
    expect(JSON.parse(await text('/ask?url=http://api:3000/')).version).toBe('api-1');
    expect(JSON.parse(await text('/ask?url=http://front-door:3000/')).version).toBe('web-1');
    // Redis takes a request of HTTP for an attack, and hangs up: so it is there.
    expect(await text('/ask?url=http://db:6379/')).toMatch(/hang up|Parse Error|ECONNRESET/);
  });

  test('the one-shot service has run, once', async () => {
    expect((await inspect('migrate')).State).toMatchObject({ Status: 'exited', ExitCode: 0 });
  });

  test('the accessory is no part of the release; what a profile leaves out is not started', async () => {
    const names = Object.keys(await app.containers());
    expect(names).toContain(`${app.name}-production-db-1`);
    expect(names.filter((name) => name.includes('debugger'))).toEqual([]);
  });

  test('all other settings are the container’s', async () => {
    const { Config, HostConfig, Mounts } = await inspect('web');
    expect(Config).toMatchObject({ User: '1000:1000', StopSignal: 'SIGTERM', StopTimeout: 7 });
    expect(Config.Labels).toMatchObject({ 'com.example.team': 'tea' });
    expect(HostConfig).toMatchObject({
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      Memory: 200 * 1024 * 1024,
      NanoCpus: 5e8,
      ShmSize: 32 * 1024 * 1024,
      Dns: [lab.dns],
      ExtraHosts: ['printer.local:10.1.2.3'],
      Sysctls: { 'net.core.somaxconn': '512' },
      Tmpfs: { '/scratch': 'size=8m' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      PortBindings: {},
    });
    expect(HostConfig.Ulimits).toEqual([expect.objectContaining({ Name: 'nofile', Soft: 2048, Hard: 4096 })]);
    const mounts = Mounts.map(
      ({ Type, Destination }: { Type: string; Destination: string }) => `${Type} ${Destination}`,
    );
    expect(mounts).toEqual(expect.arrayContaining(['volume /uploads', 'volume /srv/anonymous']));
  });

  test('both replicas of a service answer', async () => {
    const seen = new Set<string>();
    await until('both have answered', async () => seen.add(JSON.parse(await text('/')).container).size === 2);
  });

  test('what is for local work only is passed over, with a notice', () => {
    const said = [...run.notices, ...run.warnings].map(({ message }) => message).join('\n') + run.log;
    expect(said).toMatch(/develop/);
  });

  test('a second release shares volumes and finds its own services; the database is left alone', async () => {
    const db = await app.server.engine.get(`/containers/${app.name}-production-db-1/json`);
    await app.checkout.commit(inFolder('api', 'api-2'));
    succeeded(await app.deliver({ env: 'FROM_INPUT=x\nTOKEN=a-token-that-nobody-may-see' }));
    expect(JSON.parse(await text('/ask?url=http://api:3000/')).version).toBe('api-2');
    const after = await app.server.engine.get(`/containers/${app.name}-production-db-1/json`);
    expect([after.Id, after.State.StartedAt]).toEqual([db.Id, db.State.StartedAt]);
  });
});
