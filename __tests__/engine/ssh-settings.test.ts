import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { sshEnvironment } from '../../src/engine/ssh-process.ts';
import { plainSettings, readSshSettings, type SshSettings } from '../../src/engine/ssh-settings.ts';
import { runProgram } from '../support/run-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What OpenSSH itself makes of these lines for the host web1. */
async function settings(lines: string): Promise<SshSettings> {
  const file = join(folder, 'config');
  writeFileSync(file, lines);
  const target = { user: 'deploy', hostname: 'web1' };
  return await readSshSettings(target, file, sshEnvironment(), { run: runProgram });
}

test.each([
  ['no lines', '', 'web1:22', false],
  ['another address and port', 'HostName 10.0.0.1\nPort 2222', '10.0.0.1:2222', false],
  ['a jump host', 'Host web1\n  ProxyJump ops@bastion', 'bastion:22', true],
  [
    'a jump host with settings of its own',
    'Host web1\n  ProxyJump bastion\nHost bastion\n  HostName 10.0.0.9\n  Port 2200',
    '10.0.0.9:2200',
    true,
  ],
  [
    'several jump hosts, of which the first counts',
    'Host web1\n  ProxyJump ops@[2001:db8::1]:2222,second',
    '2001:db8::1:2222',
    true,
  ],
  [
    'a jump host behind another one',
    'Host web1\n  ProxyJump inner\nHost inner\n  ProxyJump outer:24',
    'outer:24',
    true,
  ],
  [
    'a jump host behind a command',
    'Host web1\n  ProxyJump inner\nHost inner\n  ProxyCommand tunnel %h',
    'tunnel %h',
    true,
  ],
  [
    'jump hosts in a circle',
    'Host web1\n  ProxyJump one\nHost one\n  ProxyJump two\nHost two\n  ProxyJump one',
    'web1:22',
    true,
  ],
])('with %s, the machine that sees the login first is known', async (_, lines, firstHop, jumps) => {
  const { firstHop: found, jumps: jumping } = await settings(lines);
  expect(jumping).toBe(jumps);
  if (firstHop !== 'web1:22' || !jumps) expect(found).toBe(firstHop);
  else expect(found).toMatch(/^(?:one|two):22$/);
});

test('the names under which ssh speaks of a host are known, and its ProxyCommand', async () => {
  const found = await settings('HostName 10.0.0.1\nHostKeyAlias shop\nProxyCommand tunnel --token-file x %h');
  expect(found.names).toEqual(['web1', '10.0.0.1', 'shop']);
  expect(found.proxyCommand).toBe('tunnel --token-file x %h');
  expect((await settings('ProxyCommand none')).proxyCommand).toBeUndefined();
});

test('lines that ssh can not read give a plain host: the login says what is wrong', async () => {
  expect(await settings('Compresion yes')).toEqual(plainSettings({ hostname: 'web1' }));
});
