/** What only an engine can show of a release: names, networks, links, secrets, and what Compose takes as its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { baseProject, releaseProject, type Slot, slotNetwork } from '../../src/model/app-environment.ts';
import type { ComposeConfig } from '../../src/model/compose-config.ts';
import type { Release } from '../../src/model/release.ts';
import { resolveCompose } from '../../src/release/compose/resolve.ts';
import { type SplitProject, splitProject } from '../../src/release/compose/split-project.ts';
import { baseObjects, makeRelease, renderBase, renderRelease } from '../../src/release/make-release.ts';
import { remembered, sourceOf } from '../support/compose/fixtures.ts';
import { removeApp } from '../support/lab/cleanup.ts';
import { labWith, uniqueName } from '../support/lab.ts';
import { parsePinnedImage } from '../support/pinned.ts';
import { runProgram } from '../support/run-program.ts';

const lab = await labWith(1);
const [server] = lab.servers;
if (server === undefined) throw new Error('This needs a lab with a server.');
const { engine } = server;
const { PATH = '' } = lab.runnerEnvironment;

const APP = { app: uniqueName('cmp'), environment: 'production' };
const MARKER = `marker-of-${APP.app}`;
const SECRET = `${MARKER}\nsecond: $HOME $\{X} "quoted"\n`;
const OUTSIDE = `${APP.app}-aaa`;

/** `aaa…` sorts before every name of the app: the network that Docker would ask first. */
const FILE = `
x-service: &service
  image: \${IMAGE}
  command: sleep 1d
  stop_signal: SIGKILL
services:
  web:
    <<: *service
    command: httpd -f -p 8080 -h /etc
    ports: ["8080:8080"]
    environment: {PRICE: "costs $$5"}
    links: ["api:backend", "db:database"]
    networks: {default: {aliases: [www]}, early: {}, outside: {}}
    volumes: ["media:/media", "/srv/anonymous"]
    secrets:
      - key
      - {source: key, target: /etc/keys/own, uid: "1000", gid: "1001", mode: 0400}
    configs:
      - {source: inline, target: /etc/inline.conf}
  api:
    <<: *service
    command: httpd -f -p 8080 -h /etc
    networks: {default: {}, early: {}}
    depends_on: {db: {condition: service_healthy}, setup: {condition: service_completed_successfully}}
    container_name: ${APP.app}-fixed-name
  setup:
    <<: *service
    command: "true"
  db:
    image: busybox:1
    command: sleep 1d
    stop_signal: SIGKILL
    healthcheck: {test: "true", interval: 1s}
    volumes: ["data:/data"]
    secrets: [key]
networks:
  early: {name: ${APP.app}-000}
  outside: {external: true, name: ${OUTSIDE}}
volumes: {data: {}, media: {labels: {price: "$$5"}}}
secrets: {key: {file: ./key.txt}}
configs: {inline: {content: "release \${IMAGE} costs $$5"}}
`;

let split: SplitProject;
const releases = new Map<Slot, Release>();

async function compose(project: string, config: ComposeConfig, ...args: readonly string[]): Promise<string> {
  const env = {
    ...{ PATH, HOME: tmpdir(), DOCKER_HOST: server?.tcpUrl ?? '', DOCKER_TLS_VERIFY: '1' },
    DOCKER_CERT_PATH: join(lab.folder, 'tls'),
    ...Object.fromEntries(split.confidential),
  };
  const argv = ['compose', '-p', project, '-f', '-', '--progress', 'plain', ...args];
  const { stdout, stderr } = await runProgram('docker', argv, { env, stdin: JSON.stringify(config) });
  return stdout + stderr;
}

/** What a command in a container says. */
function inside(slot: Slot, service: string, ...command: readonly string[]): Promise<string> {
  const release = releases.get(slot);
  if (release === undefined) throw new Error(`Nothing is in ${slot}.`);
  const config = renderRelease(release, slot);
  return compose(releaseProject(release), config, 'exec', '-T', service, ...command);
}

async function addressesOf(slot: Slot, service: string): Promise<Record<string, string>> {
  const release = releases.get(slot);
  const id = release === undefined ? '' : `${releaseProject(release)}-${service}-1`;
  const { NetworkSettings } = await engine.get(`/containers/${id}/json`);
  const networks: Record<string, { IPAddress: string }> = NetworkSettings.Networks;
  return Object.fromEntries(Object.entries(networks).map(([name, { IPAddress }]) => [name, IPAddress]));
}

const lookUp = async (slot: Slot, name: string): Promise<readonly string[]> => {
  const said = await inside(slot, 'web', 'nslookup', '-type=a', name).catch(String);
  return [...said.matchAll(/^Address: ([\d.]+)$/gm)].map((match) => match[1] ?? '');
};

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'compose-'));
  try {
    await writeFile(join(folder, 'compose.yaml'), FILE);
    await writeFile(join(folder, 'key.txt'), SECRET);
    const step = { run: runProgram, log: remembered(), folder };
    const resolved = await resolveCompose(sourceOf(), APP, 'busybox', folder, step, {
      PATH,
      HOME: tmpdir(),
    });
    split = splitProject(resolved, APP, new Map(), 'caddy');
  } finally {
    await rm(folder, { recursive: true });
  }
  await engine.post('/images/create?fromImage=busybox&tag=1');
  const { RepoDigests } = await engine.get('/images/busybox:1/json');
  const image = parsePinnedImage(String(RepoDigests[0]));
  const health = { path: undefined, timeout: 1 };
  const origin = {
    revision: undefined,
    ref: undefined,
    actor: undefined,
    runUrl: undefined,
    repository: undefined,
  };
  for (const slot of ['blue', 'green'] as const) {
    // Another secret makes another release.
    const confidential = new Map(split.confidential).set('SEALIFT_OTHER', slot);
    const made = makeRelease({ ...split, confidential }, new Map([['', image]]), health, {
      ...origin,
      tags: [],
      createdAt: '',
    });
    releases.set(slot, made);
    await engine.post('/networks/create', { Name: slotNetwork(APP, slot) });
  }
  await engine.post('/networks/create', { Name: OUTSIDE });
  const [release] = releases.values();
  if (release === undefined) throw new Error('There is no release.');
  const objects = baseObjects(release);
  for (const network of objects.networks) await engine.post('/networks/create', network);
  for (const volume of objects.volumes) await engine.post('/volumes/create', volume);
  await compose(baseProject(APP), renderBase(release), 'up', '-d', '--wait');
  for (const [slot, each] of releases) {
    await compose(releaseProject(each), renderRelease(each, slot), 'up', '-d', '--pull', 'never');
  }
});

afterAll(() => removeApp(server, APP.app));

describe('two releases side by side', () => {
  test.each(['blue', 'green'] as const)(
    'of two releases the one in %s finds its own services, never the other’s',
    async (slot) => {
      const mine = Object.values(await addressesOf(slot, 'api'));
      for (const name of ['api', `${APP.app}-fixed-name`, 'backend']) {
        const found = await lookUp(slot, name);
        expect(found.length).toBeGreaterThan(0);
        for (const address of found) expect(mine).toContain(address);
      }
      const own = Object.values(await addressesOf(slot, 'web'));
      for (const address of await lookUp(slot, 'www')) expect(own).toContain(address);
    },
  );

  test('two releases both find the accessory, by its name and by the alias of a link', async () => {
    const { NetworkSettings } = await engine.get(`/containers/${baseProject(APP)}-db-1/json`);
    const address = NetworkSettings.Networks[`${baseProject(APP)}_default`].IPAddress;
    for (const slot of ['blue', 'green'] as const) {
      expect(await lookUp(slot, 'db')).toEqual([address]);
      expect(await lookUp(slot, 'database')).toEqual([address]);
    }
  });

  test('two releases share the volumes of the base, and have anonymous ones of their own', async () => {
    await inside('blue', 'web', 'sh', '-c', 'echo shared > /media/note; echo own > /srv/anonymous/note');
    expect(await inside('green', 'web', 'cat', '/media/note')).toBe('shared\n');
    expect(await inside('green', 'web', 'ls', '/srv/anonymous')).toBe('');
  });

  test('releases publish nothing', async () => {
    const { HostConfig } = await engine.get(
      `/containers/${APP.app}-production-${releases.get('blue')?.id}-web-1/json`,
    );
    expect(HostConfig.PortBindings).toEqual({});
  });

  test('containers of a release bear labels that say what they are', async () => {
    const release = releases.get('green');
    const containers = await engine.containers(release === undefined ? '' : releaseProject(release));
    expect([...containers.values()].map(({ labels }) => labels['sealift.role'])).toEqual([
      'internal',
      'internal',
      'served',
    ]);
  });

  test('a doubled dollar is one in the container', async () => {
    expect(await inside('blue', 'web', 'sh', '-c', 'echo "$PRICE"')).toBe('costs $5\n');
  });
});

describe('secrets and configs', () => {
  test('secrets and configs are in the container byte for byte, with owner and mode', async () => {
    expect(await inside('blue', 'web', 'cat', '/run/secrets/key')).toBe(SECRET);
    expect(await inside('blue', 'web', 'cat', '/etc/keys/own')).toBe(SECRET);
    expect(await inside('blue', 'web', 'stat', '-c', '%u:%g %a', '/etc/keys/own')).toBe('1000:1001 400\n');
    const image = releases.get('blue')?.services['web']?.image;
    expect(await inside('blue', 'web', 'cat', '/etc/inline.conf')).toBe(`release ${image} costs $5`);
  });

  test('secrets are there for accessories', async () => {
    const [release] = releases.values();
    const config = renderBase(release ?? emptyRelease());
    expect(await compose(baseProject(APP), config, 'exec', '-T', 'db', 'cat', '/run/secrets/key')).toBe(
      SECRET,
    );
  });

  test('secrets lie nowhere on the server but in layers of containers', async () => {
    const folders = ['/var/lib/docker', '/tmp', '/run', '/home', '/etc', '/root', '/srv'];
    const search = ['grep', '-rlsF', MARKER, ...folders];
    const found = (await lab.run('in', server.name, 'sh', '-c', `${search.join(' ')} || true`))
      .split('\n')
      .filter(Boolean);
    expect(found.length).toBeGreaterThan(0);
    expect(
      found.filter((file) => !/\/(overlay2|io\.containerd\.snapshotter[^/]*|rootfs)\//.test(file)),
    ).toEqual([]);
  });
});

describe('what was made for the base project', () => {
  test('what was made for the base project Compose takes as its own, and leaves as it is when the file says something else', async () => {
    const [release] = releases.values();
    const config = renderBase(release ?? emptyRelease());
    const changed = {
      ...config,
      volumes: { ...config.volumes, data: { ...config.volumes?.['data'], labels: { a: 'b' } } },
    };
    const before = await engine.get(`/networks/${baseProject(APP)}_default`);
    const said = await compose(baseProject(APP), changed, 'up', '-d', '--no-recreate');
    expect(said).not.toMatch(/not created by|incorrect label|recreat/i);
    const after = await engine.get(`/networks/${baseProject(APP)}_default`);
    expect([after.Id, after.Labels]).toEqual([before.Id, before.Labels]);
    expect((await engine.get(`/volumes/${baseProject(APP)}_media`)).Labels).toMatchObject({
      'com.docker.compose.project': baseProject(APP),
      'sealift.app': APP.app,
      price: '$5',
    });
  });
});

function emptyRelease(): never {
  throw new Error('There is no release.');
}
