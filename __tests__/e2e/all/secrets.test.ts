/** Each secret input holds a canary: nobody finds one who should not, in whatever form. Logs, outputs and the summary: the harness looks in every test. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ActionOptions, ActionRun } from '../../support/action.ts';
import { probe, webApp } from '../../support/apps/probe.ts';
import { labWith, serverOf } from '../../support/lab.ts';
import { leaksIn } from '../../support/runner/masking.ts';
import { ProcessWatch } from '../../support/runner/process-watch.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const server = serverOf(lab, 0);

const CANARIES = {
  BUILD: 'canary+build/of=this?run&Äx',
  LINES: 'first-line-of-the-canary\nsecond-line-of-the-canary\n',
  COMPOSE: 'canary%compose"of\'this`$run',
  TOKEN: 'ghs_canaryTokenOfThisRun0123456789',
  PASSPHRASE: 'canary of the $key in `this` run',
  TUNNEL: 'canary"of the;tunnel%in=this run',
} as const;
const key = await keyWith(CANARIES.PASSPHRASE);
const { tls } = lab;

/** How the server is reached, and which programs get which secrets in their environment. */
const WAYS = {
  ssh: {
    inputs: {
      'ssh-key': key,
      'ssh-key-passphrase': CANARIES.PASSPHRASE,
      'ssh-env': `TUNNEL_TOKEN=${CANARIES.TUNNEL}`,
    },
    secrets: { 'ssh-key': key },
    programs: { ssh: ['TUNNEL'], 'ssh-add': ['PASSPHRASE'] },
  },
  tls: {
    inputs: {
      ...{ hosts: server.tcpUrl, 'ssh-key': undefined, 'known-hosts': undefined },
      ...{ 'tls-ca': tls.own.ca, 'tls-cert': tls.own.cert, 'tls-key': tls.own.key },
    },
    secrets: { 'tls-key': tls.own.key },
    programs: {},
  },
} as const;
const DOCKER = { docker: ['BUILD', 'LINES', 'COMPOSE'], 'docker-buildx': ['BUILD', 'LINES'] };
const PROGRAMS = { ...DOCKER, 'docker-compose': ['COMPOSE'] };

const DOCKERFILE_LINE =
  'RUN --mount=type=secret,id=one --mount=type=secret,id=two test -s /run/secrets/one && test -s /run/secrets/two\n';

let app: TestApp;
let folder: string;
beforeAll(async () => {
  app = await testApp({
    lab,
    stem: 'canary',
    servers: [server],
    files: (port) => {
      const service = { secrets: ['key'] };
      const files = webApp({ version: '1', port, service });
      return {
        ...files,
        'compose.yaml': `${files['compose.yaml']}secrets:\n  key:\n    environment: COMPOSE\n`,
      };
    },
  });
});
afterAll(() => app.remove());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'c-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

let version = 1;
async function deliver(way: keyof typeof WAYS, options: Partial<ActionOptions> = {}): Promise<ActionRun> {
  version += 1;
  const files = probe({ version: String(version) });
  await app.checkout.commit({ ...files, Dockerfile: `${files['Dockerfile']}${DOCKERFILE_LINE}` });
  return app.deliver(
    {
      ...WAYS[way].inputs,
      'github-token': CANARIES.TOKEN,
      'build-secrets': `one=${CANARIES.BUILD}\ntwo='${CANARIES.LINES}'`,
      env: `COMPOSE=${CANARIES.COMPOSE}`,
      tags: 'latest',
    },
    { secrets: CANARIES, env: { TMPDIR: folder, HOME: folder, RUNNER_TEMP: folder }, ...options },
  );
}

/** Files of the folder, by name. */
async function filesLeft(): Promise<
  ReadonlyMap<string, { readonly content: string; readonly mode: number }>
> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (path) => {
        const content = await readFile(path, 'utf8');
        return [path, { content, mode: (await stat(path)).mode & 0o777 }] as const;
      }),
    ),
  );
}

/** Leaks in the files of the folder. */
const leaksInFiles = async (secrets: ReadonlyMap<string, string>): Promise<readonly unknown[]> =>
  [...(await filesLeft())].flatMap(([name, { content }]) => leaksIn(name, content, secrets));

describe.each(['ssh', 'tls'] as const)('a server that is reached by %s', (way) => {
  const secrets = new Map<string, string>([
    ...Object.entries({ ...CANARIES, ...WAYS[way].secrets }),
    ['registry-password', lab.registry.password],
  ]);

  test('while a delivery runs no command line has a secret, nor has the environment of a program that needs none', async () => {
    const watch = new ProcessWatch(secrets, { ...PROGRAMS, ...WAYS[way].programs });
    const run = await deliver(way);
    const { programs, leaks } = await watch.end();
    succeeded(run);
    expect([...programs]).toEqual(
      expect.arrayContaining(way === 'ssh' ? ['ssh', 'ssh-add', 'docker'] : ['docker']),
    );
    expect(leaks).toEqual([]);
  });

  test('nothing of them stays on the runner, in the image, its history or its labels', async () => {
    const run = succeeded(await deliver(way));
    expect(await leaksInFiles(secrets)).toEqual([]);
    const image = String(run.outputs['image']);
    await lab.docker('--config', join(lab.folder, 'docker-config'), 'pull', '--quiet', image);
    const texts = await Promise.all([
      lab.docker('history', '--no-trunc', image),
      lab.docker('image', 'inspect', image),
      layersOf(image),
    ]);
    for (const text of texts) expect(leaksIn('the image', text, secrets)).toEqual([]);
  });

  test("nothing of them is on the server's disk, but what its engine keeps of the container that has the secret", async () => {
    succeeded(await deliver(way));
    for (const [name, value] of secrets) {
      const forms = [
        value.trim(),
        Buffer.from(value.trim()).toString('base64'),
        encodeURIComponent(value.trim()),
      ];
      const patterns = forms.flatMap((form) =>
        form.split('\n').filter((line) => line.length >= 8 && !line.startsWith('-----')),
      );
      const found = await searchDisk(patterns);
      const others = found.filter((path) => !/\/containers\/[0-9a-f]{64}\/|\/run\/secrets\/key$/.test(path));
      expect({ name, others }).toEqual({ name, others: [] });
      if (name !== 'COMPOSE') expect({ name, found }).toEqual({ name, found: [] });
    }
  });

  test('the private key is in no file that others may read, and after a kill its post step leaves none', async () => {
    let open: readonly string[] = [];
    const run = await deliver(way, {
      interrupt: {
        when: /✓ .* start web/,
        how: async (pid) => {
          open = [...(await filesLeft())].flatMap(([name, { content, mode }]) =>
            mode !== 0o600 && leaksIn(name, content, secrets).length > 0 ? [name] : [],
          );
          process.kill(pid, 'SIGKILL');
        },
      },
    });
    expect(open).toEqual([]);
    expect(run.signal).toBe('SIGKILL');
    expect(run.post?.exitCode).toBe(0);
    expect(await leaksInFiles(secrets)).toEqual([]);
  });
});

/** The key that the servers know, with another passphrase. */
async function keyWith(passphrase: string): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'key-'));
  try {
    const path = join(place, 'key');
    await writeFile(path, lab.ssh.passphraseKey, { mode: 0o600 });
    await promisify(execFile)('ssh-keygen', [
      '-q',
      '-p',
      '-f',
      path,
      '-P',
      lab.ssh.passphrase,
      '-N',
      passphrase,
    ]);
    return await readFile(path, 'utf8');
  } finally {
    await rm(place, { recursive: true });
  }
}

/** What is in the layers and in the config of an image. */
async function layersOf(image: string): Promise<string> {
  const script =
    'mkdir "$1" && docker save "$0" | tar -x -C "$1" && find "$1" -type f -exec zcat -f {} + | tr -c "[:print:]" "\\n"; rm -r "$1"';
  const { stdout } = await promisify(execFile)('sh', ['-c', script, image, join(folder, 'image')], {
    env: { ...process.env, ...lab.runnerEnvironment },
    maxBuffer: 2 ** 30,
  });
  return stdout;
}

/** Files of the server that hold one of these. */
async function searchDisk(patterns: readonly string[]): Promise<readonly string[]> {
  const folders = ['/var/lib/docker', '/var/log', '/etc', '/root', '/home', '/tmp', '/run'];
  const found = await lab.run(
    'in',
    server.name,
    'sh',
    '-c',
    `grep -rlaF ${patterns.map((_, index) => `-e "$${index + 1}"`).join(' ')} ${folders.join(' ')} 2>/dev/null || :`,
    'search',
    ...patterns,
  );
  return found.split('\n').filter((line) => line !== '');
}
