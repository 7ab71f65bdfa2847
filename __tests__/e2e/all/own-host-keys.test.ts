/**
 * The host keys of a person at a terminal: real lines in ~/.ssh/known_hosts, as OpenSSH writes and reads them. ssh takes the home of the
 * user, whatever HOME says, so the folder is put in that place for one command only, in a mount namespace of its own.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { labWith, serverOf } from '../../support/lab.ts';

const CLI = resolve(import.meta.dirname, '../../../dist/cli.js');
const run = promisify(execFile);
const lab = await labWith(1);
const server = serverOf(lab);
const PORT = 2222;
const OWN_SSH = join(userInfo().homedir, '.ssh');
/** On the server. */
const CERTIFICATE = '/etc/ssh/sealift-test-cert.pub';

let folder: string;
let wasMade: string | undefined;
/** `ssh-ed25519 AAAA…` of the server, of its authority, and of somebody else. */
let keys: Readonly<Record<'server' | 'authority' | 'other', string>>;

const onServer = (script: string): Promise<string> => lab.run('in', server.name, 'sh', '-c', script);
const keyIn = (text: string): string => text.trim().split(' ').slice(0, 2).join(' ');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-'));
  wasMade = await mkdir(OWN_SSH, { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'ssh'), { mode: 0o700 });
  await writeFile(join(folder, 'key'), lab.ssh.key, { mode: 0o600 });
  const made = ['authority', 'other'].map(async (name) => {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    return keyIn(await readFile(join(folder, `${name}.pub`), 'utf8'));
  });
  const [authority = '', other = ''] = await Promise.all(made);
  keys = { server: keyIn(await onServer('cat /etc/ssh/ssh_host_ed25519_key.pub')), authority, other };
});
afterEach(() => lab.run('sshd-opts', server.name, ''));
afterAll(async () => {
  await onServer(`rm -f ${CERTIFICATE}`);
  // Only if nobody has put anything into it.
  if (wasMade !== undefined) await rmdir(OWN_SSH);
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
}

/** `sealift status` by a person whose known_hosts has these lines. */
async function status(lines: readonly string[], { url = server.url, hashed = false } = {}): Promise<Ended> {
  const known = join(folder, 'ssh/known_hosts');
  await writeFile(known, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  if (hashed) await run('ssh-keygen', ['-q', '-H', '-f', known]);
  const args = ['status', '--app', 'shop', '--environment', 'staging', '--hosts', url];
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  const command = [process.execPath, CLI, ...args, '--ssh-key', `@${join(folder, 'key')}`];
  const env = { PATH: `${lab.runnerEnvironment['PATH']}`, HOME: userInfo().homedir };
  return new Promise((done) => {
    execFile(
      'unshare',
      ['--mount', 'sh', '-c', script, 'sh', join(folder, 'ssh'), OWN_SSH, ...command],
      { cwd: folder, env },
      (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout: `${stdout}${stderr}` }),
    );
  });
}

const line = (name: string, key = keys.server): string => `${name} ${key}`;

test.each([
  ['the plain name', () => [line(server.address)], {}],
  [
    'a hashed name',
    () => [line('elsewhere.example.com', keys.other), line(server.address)],
    { hashed: true },
  ],
  ['a pattern', () => [line(server.address.replace(/\d+$/, '*'))], {}],
])('a server that is known by %s is reached', async (_, lines, options) => {
  const { code, stdout } = await status(lines(), options);
  expect(stdout).not.toContain('error: ');
  expect(code).toBe(0);
});

test('a port belongs to the name, also where that is hashed; a name without one counts for every port, as for ssh', async () => {
  await lab.run('sshd-opts', server.name, `Port 22\nPort ${PORT}`);
  const url = `${server.url}:${PORT}`;
  const known = [line(`[${server.address}]:${PORT}`)];
  expect(await status(known, { url, hashed: true })).toMatchObject({ code: 0 });
  expect(await status([line(server.address)], { url })).toMatchObject({ code: 0 });
  const { code, stdout } = await status([line(`[${server.address}]:${PORT + 1}`)], { url });
  expect(stdout).toContain(`error: known_hosts of your ssh: no line is for [${server.address}]:${PORT}`);
  expect(code).toBe(2);
});

test('an unknown server is refused with the key that it shows, and one with another key with the line that differs', async () => {
  const unknown = await status([]);
  expect(unknown.stdout).toMatch(
    /error: known_hosts of your ssh: no line is for .* which presents ssh-ed25519 SHA256:/,
  );
  expect(unknown.code).toBe(2);
  const changed = await status([line('elsewhere', keys.other), line(server.address, keys.other)]);
  expect(changed.stdout).toContain(
    `another host key than line 2 of ${OWN_SSH}/known_hosts says: ED25519 SHA256:`,
  );
  expect(changed.code).toBe(2);
});

test('a key that is marked as @revoked is refused, although another line has it', async () => {
  const { code, stdout } = await status([line(server.address), `@revoked * ${keys.server}`]);
  expect(stdout).toMatch(/error: known_hosts of your ssh: the key that .* presents is marked as @revoked\./);
  expect(code).toBe(2);
});

test('the authority of a @cert-authority line vouches for a server that has its certificate, and for no other', async () => {
  await writeFile(join(folder, 'server.pub'), keys.server);
  const names = ['-I', server.name, '-n', server.address];
  await run('ssh-keygen', [
    '-q',
    '-s',
    join(folder, 'authority'),
    '-h',
    ...names,
    join(folder, 'server.pub'),
  ]);
  const certificate = (await readFile(join(folder, 'server-cert.pub'), 'utf8')).trim();
  await onServer(`echo '${certificate}' > ${CERTIFICATE}`);
  await lab.run('sshd-opts', server.name, `HostCertificate ${CERTIFICATE}`);
  const known = [`@cert-authority * ${keys.authority}`];
  expect(await status(known)).toMatchObject({ code: 0 });
  expect((await status([...known, `@revoked * ${keys.authority}`])).code).toBe(2);
  await lab.run('sshd-opts', server.name, '');
  const { code, stdout } = await status(known);
  expect(stdout).toContain('known_hosts of your ssh: no line is for');
  expect(code).toBe(2);
});
