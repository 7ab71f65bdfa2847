/** A release crosses a gap as a file: exported where the registry is, imported on a server that is cut off from everything. */
import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Inputs } from '../../support/action.ts';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { setImageStore } from '../../support/direct-app.ts';
import { copyForArchitecture } from '../../support/lab/registry.ts';
import { snapshot } from '../../support/lab/snapshot.ts';
import { labWith, registryInputs, type Server, serverOf, sshInputs } from '../../support/lab.ts';
import { startLoad } from '../../support/load/load.ts';
import { type EndedThere, SealedServer } from '../../support/sealed-server.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(2, { builds: true });
const run = promisify(execFile);
/** A name that the servers reach in no way once they are cut off. */
const hub = (name: string): string => `${lab.mirror.address}/library/${name}`;

let versions: readonly Version[];
let folder: string;
let signer: { readonly key: string; readonly allowed: string };

const appOn = (server: Server): Promise<TestApp> =>
  testApp({
    lab,
    stem: 'sealed',
    servers: [server],
    files: (port) => ({
      ...compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:3000`],
            secrets: ['password'],
            configs: [{ source: 'greeting', target: '/etc/greeting' }],
            healthcheck: { test: ['NONE'] },
          },
          store: { image: hub('redis:7') },
        },
        secrets: { password: { environment: 'PASSWORD' } },
        configs: { greeting: { file: './greeting' } },
      }),
      greeting: 'hello\n',
    }),
  });

interface Exported {
  readonly file: string;
  readonly release: string;
  readonly size: number;
  readonly sha256: string;
}

async function exported(app: TestApp, version: number, inputs: Inputs = {}): Promise<Exported> {
  const done = succeeded(
    await app.run('export', {
      ...{ app: app.name, environment: app.environment, image: versions[version]?.image },
      ...registryInputs(lab),
      ...{ path: folder, 'edge-image': hub('caddy:2.11'), 'health-path': '/up', ...inputs },
    }),
  );
  const { archive, release } = reportOf(done);
  expect(done.outputs['archive']).toBe(archive.file);
  return { ...archive, release };
}

const target = ({ name, environment }: TestApp, app = name): readonly string[] => [
  ...['--app', app, '--environment', environment, '--hosts', 'unix:///run/docker.sock'],
];

/** Contents of secrets on the server. */
const SECRETS = '/root/secrets';

function importThere(
  sealed: SealedServer,
  app: TestApp,
  file: string,
  { as = app.name, secrets = `@${SECRETS}` } = {},
): Promise<EndedThere> {
  const given = ['--archive', file, '--approval', 'off', '--allowed-signers', signer.allowed, '--json'];
  return sealed.sealift('import', ...target(app, as), ...given, '--secrets', secrets);
}

function reported({ code, stdout, stderr }: EndedThere): { readonly [name: string]: unknown } {
  if (code !== 0) throw new Error(`It ended with exit code ${code}:\n${stderr}\n${stdout}`);
  return JSON.parse(stdout);
}

/** Everything that the engine has. */
async function stateOf(sealed: SealedServer): Promise<string> {
  const all = await Promise.all([
    sealed.run('docker', 'ps', '--all', '--no-trunc', '--format', '{{.ID}} {{.State}} {{.Image}}'),
    sealed.run('docker', 'images', '--all', '--format', '{{.Repository}}:{{.Tag}} {{.Digest}} {{.ID}}'),
    sealed.run('docker', 'volume', 'ls'),
    sealed.run('docker', 'network', 'ls', '--no-trunc'),
  ]);
  // The engine lists the names of one image in any order.
  return all.map(({ stdout }) => stdout.split('\n').sort().join('\n')).join('\n');
}

const answerOf = async (sealed: SealedServer, app: TestApp): Promise<string> => {
  const { stdout } = await sealed.run('curl', '-fsS', `http://127.0.0.1:${app.port}/`);
  return JSON.parse(stdout).version;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exported-'));
  versions = await buildVersions(lab, `${lab.registry.address}/e2e/sealed`, ['1', '2']);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'builder', '-f', join(folder, 'key')]);
  const publicKey = await readFile(join(folder, 'key.pub'), 'utf8');
  signer = {
    key: await readFile(join(folder, 'key'), 'utf8'),
    allowed: `builder@example.com namespaces="sealift" ${publicKey.trim()}`,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  { store: 'classic', index: 0 },
  { store: 'containerd', index: 1 },
] as const)('on a server with the $store image store', ({ store, index }) => {
  const server = serverOf(lab, index);
  let app: TestApp;
  let sealed: SealedServer;
  let first: Exported;
  beforeAll(async () => {
    await setImageStore(lab, server, store);
    app = await appOn(server);
    first = await exported(app, 0, { 'sign-key': signer.key });
    sealed = await SealedServer.seal(lab, server);
    await sealed.run('sh', '-c', `echo password=s3cret-word > ${SECRETS}`);
  });
  afterAll(async () => {
    await sealed[Symbol.asyncDispose]();
    await app.remove();
    await setImageStore(lab, server, server.imageStore, store);
  });

  test('what is not the archive is refused before anything is changed', async () => {
    const before = await stateOf(sealed);
    const damaged = join(folder, `${app.name}-damaged.tar`);
    const bytes = await readFile(first.file);
    bytes[bytes.length - 400_000] = (bytes[bytes.length - 400_000] ?? 0) ^ 1;
    await run('cp', [first.file, damaged]);
    const handle = await open(damaged, 'r+');
    await handle.write(bytes, bytes.length - 400_000, 1, bytes.length - 400_000);
    await handle.close();
    const short = join(folder, `${app.name}-short.tar`);
    await run('cp', [first.file, short]);
    await run('truncate', ['-s', String(Math.floor(first.size / 2)), short]);
    const unsigned = await exported(app, 0, { path: join(folder, 'unsigned') });
    const again = await exported(app, 0, { path: join(folder, 'again') });
    expect(again.sha256).toBe(unsigned.sha256);

    const refusals = [
      [await sealed.bring(damaged), 'is not what it was when it was exported'],
      [await sealed.bring(short), 'is cut off'],
      [await sealed.bring(unsigned.file), 'is not signed.'],
    ] as const;
    for (const [file, message] of refusals) {
      const { code, stderr } = await importThere(sealed, app, file);
      expect(code).not.toBe(0);
      expect(stderr).toContain(message);
      expect(stderr).toContain('Nothing was deployed.');
    }
    const good = await sealed.bring(first.file);
    const wrongApp = await importThere(sealed, app, good, { as: 'blog' });
    expect(wrongApp.stderr).toContain(`is of the app "${app.name}", not of "blog".`);
    await sealed.run('sh', '-c', 'echo other=hunter2-hunter2 > /root/others');
    const without = await importThere(sealed, app, good, { secrets: '@/root/others' });
    expect(without.stderr).toContain('the release has no secret "other", but password.');
    expect(await stateOf(sealed)).toBe(before);
  });

  test('a release is deployed from the file alone, with the digests of the registry', async () => {
    const ended = await importThere(sealed, app, await sealed.bring(first.file));
    const report = reported(ended);
    expect(report).toMatchObject({ command: 'import', result: 'deployed', approval: { kind: 'off' } });
    // Over its own socket, the engine shares the loopback.
    expect(ended.stderr).toContain('its engine pulled the missing layers from this machine');
    expect(report['images']).toEqual({ web: versions[0]?.image });
    expect(await answerOf(sealed, app)).toBe('1');
    const status = reported(await sealed.sealift('status', ...target(app), '--json'));
    expect(status).toMatchObject({ live: report['live'], images: { web: versions[0]?.image } });
    const name = `${app.name}-${app.environment}-${String(report['live'])}-web-1`;
    const read = await sealed.run('docker', 'exec', name, 'cat', '/etc/greeting', '/run/secrets/password');
    expect(read.stdout).toBe('hello\ns3cret-word');
  });

  test('the same file again changes nothing', async () => {
    const before = await stateOf(sealed);
    const report = reported(await importThere(sealed, app, await sealed.bring(first.file)));
    expect(report).toMatchObject({ result: 'unchanged' });
    expect(await stateOf(sealed)).toBe(before);
  });

  test('the next release needs only what has changed, and a rollback needs no file', async () => {
    const next = await exported(app, 1, { 'sign-key': signer.key, since: first.release });
    expect(next.size).toBeLessThan(200_000);
    expect((await stat(first.file)).size).toBeGreaterThan(10_000_000);
    const live = reported(await sealed.sealift('status', ...target(app), '--json'));
    const report = reported(await importThere(sealed, app, await sealed.bring(next.file)));
    expect(report).toMatchObject({ result: 'deployed', previous: live['live'] });
    expect(await answerOf(sealed, app)).toBe('2');
    const back = reported(await sealed.sealift('rollback', ...target(app), '--approval', 'off', '--json'));
    expect(back).toMatchObject({ result: 'deployed', live: live['live'] });
    expect(await answerOf(sealed, app)).toBe('1');
    const logs = await sealed.sealift('logs', ...target(app), '--services', 'web');
    expect(logs.stdout).toMatch(/^unix:\/\/\/run\/docker\.sock {2}│ web-1 +\| probe 1: /m);
  });

  test('docker load reads the file too', async () => {
    await sealed.run('docker', 'image', 'prune', '--all', '--force');
    const { code, stdout, stderr } = await sealed.run('docker', 'load', '-i', await sealed.bring(first.file));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const tag = `${lab.registry.address}/e2e/sealed:${first.release}`;
    expect(stdout).toContain(tag);
    expect(stdout).toContain(hub('redis:7'));
    const there = await sealed.run('docker', 'run', '--rm', tag, 'cat', '/app/version');
    expect(there.stdout).toBe('1\n');
  });
});

test('the import action deploys over SSH with a strategy, without a lost request, records the approval, and can be rolled back', async () => {
  const server = serverOf(lab);
  const app = await appOn(server);
  try {
    const imported = async (version: number, inputs: Inputs = {}) => {
      const { file } = await exported(app, version, { 'sign-key': signer.key });
      const { name, environment } = app;
      return succeeded(
        await app.run('import', {
          ...{ app: name, environment, archive: file, 'allowed-signers': signer.allowed },
          ...{ secrets: 'password=word', ...sshInputs(lab, [server]), ...inputs },
        }),
      );
    };
    await imported(0);
    const load = startLoad(app.url(), { visitors: 1, pause: 40 });
    await load.answered('1', 20);
    const run = await imported(1, { strategy: 'canary', canary: '50% 2s, 100%', 'canary-min-requests': '1' });
    await load.answered('2', 20);
    expect(reportOf(run).approval).toMatchObject({ kind: 'approved', approvers: [{ login: 'hubot' }] });
    expect(reportOf(run)).toMatchObject({ result: 'deployed', strategy: 'canary' });
    const [latest] = reportOf(succeeded(await app.status())).history;
    expect(latest).toMatchObject({ release: run.outputs['release'], approval: { kind: 'approved' } });
    succeeded(await app.rollback());
    expect(await app.version()).toBe('1');
    expect((await load.stop()).failures).toEqual([]);
  } finally {
    await app.remove();
  }
});

test('layers that were left out must be on the host', async () => {
  const [server] = lab.servers;
  if (server === undefined) throw new Error('The lab has no server.');
  const app = await appOn(server);
  try {
    const first = await exported(app, 0);
    const next = await exported(app, 1, { since: first.release });
    const { name, environment } = app;
    const before = await snapshot(server);
    const refused = await app.run('import', {
      ...{ app: name, environment, archive: next.file, secrets: 'password=word', approval: 'off' },
      ...sshInputs(lab, [server]),
    });
    expect(refused.succeeded).toBe(false);
    expect(refused.errors[0]?.message).toContain(`because release ${first.release} has them, but its image`);
    expect(await snapshot(server)).toBe(before);
  } finally {
    await app.remove();
  }
});

test('an archive for another platform is refused before anything is changed', async () => {
  const server = serverOf(lab);
  const app = await testApp({
    ...{ lab, stem: 'foreign', servers: [server] },
    // Without a port it needs no edge, which is not there for that platform.
    files: () => compose({ services: { web: { image: '${IMAGE}' } } }),
  });
  try {
    const digest = await copyForArchitecture(lab, 'e2e/sealed', '1', 's390x');
    const image = `${lab.registry.address}/e2e/sealed@${digest}`;
    const { file } = await exported(app, 0, { image, platforms: 'linux/s390x', 'health-path': '' });
    const { name, environment } = app;
    const before = await snapshot(server);
    const refused = await app.run('import', {
      ...{ app: name, environment, archive: file, approval: 'off', ...sshInputs(lab, [server]) },
    });
    expect(refused.succeeded).toBe(false);
    expect(refused.errors[0]?.message).toMatch(
      /the archive has \S+ for linux\/s390x, and this host needs linux\/\w+\./,
    );
    expect(await snapshot(server)).toBe(before);
  } finally {
    await app.remove();
  }
});

test('an export for a platform that an image lacks is refused by name', async () => {
  const [server] = lab.servers;
  if (server === undefined) throw new Error('The lab has no server.');
  const app = await appOn(server);
  try {
    const refused = await app.run('export', {
      ...{ app: app.name, environment: app.environment, image: versions[0]?.image },
      ...registryInputs(lab),
      ...{ path: folder, 'edge-image': hub('caddy:2.11'), platforms: 'linux/s390x' },
    });
    expect(refused.errors[0]?.message).toMatch(/is for linux\/\w+, not for linux\/s390x/);
  } finally {
    await app.remove();
  }
});
