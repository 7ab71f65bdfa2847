import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findHostKeys } from '../../src/init/host-keys.ts';
import type { InitOptions } from '../../src/init/init-options.ts';
import { parseHostAddress } from '../../src/model/host-address.ts';
import type { RunProgram } from '../../src/model/step-context.ts';

/** What a server shows that somebody in between has added a key to: his own, of another kind. */
const SHOWN = [
  { kind: 'ecdsa-sha2-nistp256', fingerprint: '256 SHA256:own-ecdsa (ECDSA)' },
  { kind: 'ssh-ed25519', fingerprint: '256 SHA256:own-ed25519 (ED25519)' },
  { kind: 'ssh-rsa', fingerprint: '3072 SHA256:of-another (RSA)' },
];

/** Stands in for OpenSSH's programs. */
const programs =
  (known: readonly string[]): RunProgram =>
  (program, args, options) => {
    const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
    const line = (kind: string): string => `server.example.com ${kind} AAAA-${kind}`;
    const kinds = SHOWN.map(({ kind }) => kind);
    const listed = SHOWN.filter(({ kind }) => options?.stdin?.toString().includes(` ${kind} `));
    const stdout =
      program === 'ssh-keyscan'
        ? text(kinds.map(line))
        : args[0] === '-F'
          ? text(known.map(line))
          : text(listed.map(({ fingerprint }) => fingerprint.replace(/ (?=\()/, ' server.example.com ')));
    return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
  };

async function find(fingerprint: string | undefined, known: readonly string[] = []) {
  const server = parseHostAddress('ssh://root@server.example.com');
  const options = { server, fingerprint } as unknown as InitOptions;
  const { lines, ...rest } = await findHostKeys(options, programs(known), {});
  return { ...rest, kinds: lines.map((line) => line.split(' ')[1]) };
}

test('of the keys that a server shows, only the one whose fingerprint was compared is believed', async () => {
  expect(await find('SHA256:own-ecdsa')).toEqual({
    ...{ kinds: ['ecdsa-sha2-nistp256'], fingerprints: ['256 SHA256:own-ecdsa (ECDSA)'] },
    isKnown: true,
  });
});

test('one key is shown to be compared, and no other is kept', async () => {
  expect(await find(undefined)).toEqual({
    ...{ kinds: ['ssh-ed25519'], fingerprints: ['256 SHA256:own-ed25519 (ED25519)'] },
    isKnown: false,
  });
});

test('the keys that the own ssh knows are all believed', async () => {
  const known = ['ssh-ed25519', 'ssh-rsa'];
  const all = { kinds: known, isKnown: true };
  expect(await find(undefined, known)).toMatchObject(all);
  expect(await find('SHA256:own-ed25519', known)).toMatchObject(all);
});

test('another fingerprint is refused, with where the keys are from', async () => {
  await expect(find('SHA256:x')).rejects.toThrow('shows another host key: 256 SHA256:own-ecdsa (ECDSA)');
  await expect(find('SHA256:x', ['ssh-rsa'])).rejects.toThrow(
    'is known to your ssh with another host key: 3072 SHA256:of-another (RSA)',
  );
});

describe('in a known_hosts of a person, which ssh-keygen reads itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'known-'));
  const file = join(folder, 'known_hosts');
  const keys = { server: '', other: '', authority: '' };
  beforeAll(() => {
    for (const name of ['server', 'other', 'authority'] as const) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
      const [type, key] = readFileSync(join(folder, `${name}.pub`), 'utf8').split(' ');
      keys[name] = `${type} ${key}`;
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The real ssh-keygen, with this file in place of ~/.ssh/known_hosts. The server shows its own key. */
  const own: RunProgram = (program, args, options) => {
    if (program === 'ssh-keyscan')
      return Promise.resolve({ exitCode: 0, stdout: `server.example.com ${keys.server}\n`, stderr: '' });
    const input = options?.stdin === undefined ? {} : { input: options.stdin };
    try {
      const all = args[0] === '-F' ? [...args, '-f', file] : [...args];
      const stdout = execFileSync(program, all, { encoding: 'utf8', stdio: 'pipe', ...input });
      return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
    } catch {
      return Promise.resolve({ exitCode: 1, stdout: '', stderr: '' });
    }
  };

  function findIn(lines: readonly string[], port = 22, { hashed = false } = {}) {
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    if (hashed) execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const server = parseHostAddress(`ssh://root@server.example.com${port === 22 ? '' : `:${port}`}`);
    return findHostKeys({ server, fingerprint: undefined } as unknown as InitOptions, own, {});
  }
  const line = (name: string, key = keys.server) => `${name} ${key}`;

  test('a hashed name is the name of its host', async () => {
    const found = await findIn([line('server.example.com'), line('else.example.com', keys.other)], 22, {
      hashed: true,
    });
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/);
    expect(found).toMatchObject({ isKnown: true, lines: [line('server.example.com')] });
  });

  test('a port belongs to the name: what is known of another port is not known', async () => {
    const known = [line('[server.example.com]:2222')];
    expect(await findIn(known, 2222)).toMatchObject({ isKnown: true, lines: known });
    expect(await findIn(known)).toMatchObject({ isKnown: false });
    expect(await findIn([line('server.example.com')], 2222)).toMatchObject({ isKnown: false });
  });

  test('a pattern names a host, unless another one takes it out', async () => {
    expect(await findIn([line('*.example.com')])).toMatchObject({ isKnown: true });
    expect(await findIn([line('*.example.com,!server.example.com')])).toMatchObject({ isKnown: false });
  });

  test('an authority of host keys is no host key: that of the server is to be compared', async () => {
    const found = await findIn([`@cert-authority *.example.com ${keys.authority}`]);
    expect(found).toMatchObject({ isKnown: false, lines: [line('server.example.com')] });
  });

  test('a key that is marked as revoked is believed nowhere: neither in another line, nor when the server shows it', async () => {
    const revoked = `@revoked * ${keys.server}`;
    expect(
      await findIn([line('server.example.com'), line('server.example.com', keys.other), revoked]),
    ).toMatchObject({
      ...{ isKnown: true, lines: [line('server.example.com', keys.other)] },
    });
    await expect(findIn([revoked])).rejects.toThrow(
      'init: each host key that ssh://root@server.example.com shows is marked as @revoked in the known_hosts of your ssh. Nothing was done.',
    );
  });
});
