/** The command line: the same bundle without GitHub, with the keys of a person's own ssh agent. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { probeImage } from '../support/apps/images.ts';
import { compose } from '../support/apps/probe.ts';
import { labWith, serverOf } from '../support/lab.ts';
import { installedNodes } from '../support/nodes.ts';
import { testApp } from '../support/test-app.ts';

const CLI = resolve(import.meta.dirname, '../../dist/cli.js');
const lab = await labWith(1);
const server = serverOf(lab);
const app = await testApp({
  lab,
  stem: 'cli',
  servers: [server],
  files: (port) => ({
    ...compose({
      services: { web: { image: '${IMAGE}', ports: [`${port}:3000`], environment: { VERSION: '1' } } },
    }),
    known_hosts: lab.ssh.knownHosts,
    'sealift.yaml': [
      'known-hosts: placeholder',
      'environments:',
      '  production:',
      `    hosts: [${server.url}]`,
    ].join('\n'),
  }),
});
let agent: ReturnType<typeof spawn>;
let folder: string;
let image: string;

beforeAll(async () => {
  image = await probeImage(lab);
  folder = await mkdtemp(join(tmpdir(), 'agent-'));
  agent = spawn('ssh-agent', ['-D', '-a', join(folder, 'agent')], { stdio: ['ignore', 'pipe', 'ignore'] });
  if (agent.stdout !== null) await once(agent.stdout, 'data');
  await writeFile(join(folder, 'key'), lab.ssh.key, { mode: 0o600 });
});
afterAll(async () => {
  agent.kill();
  await rm(folder, { recursive: true });
  await app.remove();
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person with this agent, in the checkout. */
function personAtTerminal(env: Readonly<Record<string, string>> = {}) {
  const { HOME, PATH, DOCKER_HOST } = { ...process.env, ...lab.runnerEnvironment };
  return {
    cwd: app.checkout.path,
    env: {
      ...{ HOME, PATH, DOCKER_HOST, SSH_AUTH_SOCK: join(folder, 'agent') },
      ...{ SEALIFT_KNOWN_HOSTS: lab.ssh.knownHosts, SEALIFT_REGISTRY_PASSWORD: lab.registry.password },
      ...env,
    },
  };
}

/** Runs the command line. */
function sealift(
  args: readonly string[],
  { env = {} as Readonly<Record<string, string>>, node = process.execPath } = {},
): Promise<Ended> {
  const options = personAtTerminal(env);
  return new Promise((done) => {
    execFile(node, [CLI, ...args], options, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

/** What it printed; it must have succeeded. */
async function succeeded(...asked: Parameters<typeof sealift>): Promise<string> {
  const { code, stdout, stderr } = await sealift(...asked);
  if (code === 0) return stdout;
  throw new Error(`It ended with exit code ${code}:\n${stdout}\n${stderr}`);
}

const target = ['--app', app.name, '--environment', 'production'];
const registry = ['--registry-username', lab.registry.username];

test('without a key in the agent the login is refused, and the error says whose keys were tried', async () => {
  const { code, stdout } = await sealift(['status', ...target]);
  expect(code).toBe(1);
  expect(stdout).toContain('does not accept any key of your ssh agent (it has none) or in ~/.ssh');
});

test('production is not deployed without an approval that nobody can ask for, unless that is said', async () => {
  await new Promise<void>((done, failed) => {
    const env = { ...process.env, SSH_AUTH_SOCK: join(folder, 'agent') };
    execFile('ssh-add', ['-q', join(folder, 'key')], { env }, (error) => (error ? failed(error) : done()));
  });
  const { code, stdout } = await sealift(['deploy', ...target, ...registry, '--image', image]);
  expect(code).toBe(2);
  expect(stdout).toContain('--approval off');
  expect(await app.containers()).toEqual({});
});

// The actions run with the newest Node.
test.each([...installedNodes()].slice(-1))(
  'with Node %s, a release is deployed, shown and rolled back',
  async (_, node) => {
    const deploy = ['deploy', ...target, ...registry, '--image', image, '--approval', 'off'];
    expect(await succeeded(deploy, { node })).not.toContain('::');
    expect(await app.version()).toBe('1');
    const report = JSON.parse(await succeeded([...deploy, '--force', '--json'], { node }));
    expect(report).toMatchObject({ command: 'deploy', result: 'deployed', approval: { kind: 'off' } });
    await succeeded(['rollback', ...target, ...registry, '--approval', 'off'], { node });
    const status = JSON.parse(await succeeded(['status', ...target, '--json'], { node }));
    expect(status).toMatchObject({ command: 'status', live: report.previous });
    expect(status.history[0].actor).toMatch(/@/);
  },
);

test.each([
  ['Ctrl-C at a terminal', 'SIGINT', 130],
  ['the end of a terminal', 'SIGHUP', 129],
  ['the end of a session', 'SIGTERM', 143],
] as const)(
  '%s, which every process of the command gets, takes a deploy back',
  async (_, signal, exitCode) => {
    const before = JSON.parse(await succeeded(['status', ...target, '--json']));
    const deploy = [
      ...target,
      ...registry,
      '--image',
      image,
      '--approval',
      'off',
      '--force',
      '--bake',
      '30m',
    ];
    const args = [CLI, 'deploy', ...deploy];
    const child = spawn(process.execPath, args, {
      ...personAtTerminal(),
      ...{ detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
    });
    let printed = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const isBaking = /… .* watch /.test(printed);
      printed += text;
      if (!isBaking && /… .* watch /.test(printed)) process.kill(-(child.pid ?? 0), signal);
    });
    const [code] = await once(child, 'close');
    expect({ code, printed }).toEqual({ code: exitCode, printed: expect.stringContaining('rolled back') });
    const status = JSON.parse(await succeeded(['status', ...target, '--json']));
    expect(status.live).toBe(before.live);
    expect(await app.version()).toBe('1');
  },
);

test('a deploy whose output nobody reads any more goes on to its end', async () => {
  const before = JSON.parse(await succeeded(['status', ...target, '--json']));
  const deploy = [...target, ...registry, '--image', image, '--approval', 'off', '--force', '--bake', '2s'];
  const child = spawn(process.execPath, [CLI, 'deploy', ...deploy], {
    ...personAtTerminal(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.once('data', () => stream.destroy());
  expect(await once(child, 'close')).toEqual([0, null]);
  const status = JSON.parse(await succeeded(['status', ...target, '--json']));
  expect(status.live).not.toBe(before.live);
});

test('a dry run from a workflow file takes its values from variables, and changes nothing', async () => {
  await writeFile(
    join(app.checkout.path, 'deliver.yml'),
    [
      'jobs:',
      '  production:',
      '    steps:',
      '      - uses: sealift/sealift/deploy@v1',
      '        with:',
      `          app: ${app.name}`,
      '          environment: production',
      `          image: ${image}`,
      '          hosts: ${{ vars.HOSTS }}',
      '          ssh-key: ${{ secrets.SSH_KEY }}',
      '          known-hosts: ${{ vars.KNOWN_HOSTS }}',
      `          registry-username: ${lab.registry.username}`,
      '          registry-password: ${{ secrets.PASSWORD }}',
    ].join('\n'),
  );
  const from = ['deploy', '--from', 'deliver.yml', '--dry-run'];
  const without = await sealift(from);
  expect(without.code).toBe(2);
  expect(without.stderr).toContain('vars.HOSTS (--hosts)');
  const env = { HOSTS: server.url, KNOWN_HOSTS: lab.ssh.knownHosts };
  const planned = JSON.parse(await succeeded([...from, '--json'], { env }));
  expect(planned).toMatchObject({ result: 'planned' });
});
