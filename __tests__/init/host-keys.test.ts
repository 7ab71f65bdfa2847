import { expect, test } from '@jest/globals';
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
