/** SSH as servers have it: shells that print, keys that may do little, few sessions, certificates, commands that lead there, many logins at once. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import { proveKilledStepLeavesNothing, proveReachedInSpiteOf } from '../support/connection-proofs.ts';
import {
  connectInTests,
  lab,
  open,
  other,
  refused,
  server,
  step,
  withSsh,
} from '../support/engine-proofs.ts';
import { until } from '../support/patience.ts';
import { loginsAt, proveUsable, withKeyOptions, withShellStart, withSshd } from '../support/ssh-servers.ts';

connectInTests();

/** A prompt without a line break, and characters that are not to be seen. */
const NOISE = "printf '\\033]0;prod\\007Welcome to production> '";

describe('a shell that prints something first', () => {
  test('does no harm, with and without forwarding', async () => {
    await withShellStart(other, NOISE, async () => {
      await proveUsable(other);
      await withSshd(other, 'AllowStreamLocalForwarding no', () => proveUsable(other));
    });
  });
});

describe('a login that needs more than the key', () => {
  test('is told as that: the key was accepted, and a user without a second factor is needed', async () => {
    const lines = 'AuthenticationMethods publickey,password\nPasswordAuthentication yes';
    const error = await withSshd(other, lines, () => refused(other.url));
    expect(error).toBeInstanceOf(HostError);
    expect(error.message).toMatch(
      /the user deploy accepts the key in "ssh-key" \(SHA256:.*\), but the server asks for more after it \(password\).*"Match User deploy".*"AuthenticationMethods publickey"/,
    );
  });
});

describe('a key that may only run docker system dial-stdio', () => {
  test('is enough: nothing else is asked of it', async () => {
    const options = 'command="docker system dial-stdio",restrict';
    await withKeyOptions(other, options, () => proveUsable(other));
  });

  proveKilledStepLeavesNothing('such a key', 'ForceCommand docker system dial-stdio\nDisableForwarding yes');
});

describe('a server that gives few sessions and no forwarding', () => {
  proveReachedInSpiteOf(['DisableForwarding yes\nMaxSessions 4']);

  test('with two sessions is reached by several logins, and all that a deploy does at once goes on', async () => {
    await withSshd(other, 'DisableForwarding yes\nMaxSessions 2', async () => {
      const before = await loginsAt(other);
      await proveUsable(other);
      expect((await loginsAt(other)) - before).toBe(5);
    });
  });

  test('with one session is refused with the setting to change', async () => {
    const error = await withSshd(other, 'DisableForwarding yes\nMaxSessions 1', () => refused(other.url));
    expect(error.message).toMatch(/allows no second session \(MaxSessions\)\. Allow two sessions or more/);
  });
});

describe('a server that trusts a certificate authority', () => {
  const keygen = (...args: string[]) => execFileSync('ssh-keygen', ['-q', ...args], { cwd: step.folder });
  const read = (name: string) => readFileSync(join(step.folder, name), 'utf8');

  test('accepts a key with its certificate, beside the key or of its own, and a refused one is named', async () => {
    for (const name of ['ca', 'id']) keygen('-t', 'ed25519', '-N', '', '-f', name);
    await lab.run('in', other.name, 'sh', '-c', 'echo "$1" >/etc/ssh/ca.pub', 'sh', read('ca.pub'));
    const sign = (principal: string) => {
      keygen('-s', 'ca', '-I', 'ci', '-n', principal, '-V', '+1h', 'id.pub');
      return read('id-cert.pub');
    };
    const privateKey = read('id');
    await withSshd(other, 'TrustedUserCAKeys /etc/ssh/ca.pub', async () => {
      const certificate = sign('deploy');
      await open(other.url, withSsh({ privateKey, certificate }));
      await open(other.url, withSsh({ privateKey: `${privateKey}\n${certificate}` }));
      const error = await refused(other.url, withSsh({ privateKey, certificate: sign('somebody') }));
      expect(error.message).toMatch(
        /the user deploy accepts neither the key in "ssh-key" \(SHA256:.*\) nor its certificate "ci" \(for somebody; valid until .* UTC\)/,
      );
    });
    execFileSync('find', [step.folder, '-mindepth', '1', '-maxdepth', '1', '-type', 'f', '-delete']);
  });
});

describe('a ProxyCommand', () => {
  const program = '/tmp/sealift-tunnel';
  const through = (command: string, variables?: Record<string, string>) =>
    withSsh({ config: `ProxyCommand ${command}`, ...(variables === undefined ? {} : { variables }) });

  beforeAll(() => {
    const text = `#!/bin/sh
[ "$TUNNEL_TOKEN" = open ] || { echo "failed to authenticate: no service token" >&2; exit 1; }
exec busybox nc "$1" 22
`;
    writeFileSync(program, text, { mode: 0o755 });
  });
  afterAll(() => rmSync(program, { force: true }));

  test('gets the variables of ssh-env, and whatever fails in it is told in its own last words', async () => {
    await open(other.url, through(`${program} %h`, { TUNNEL_TOKEN: 'open' }));
    expect((await refused(other.url, through(`${program} %h`))).message).toMatch(
      /the ProxyCommand in "ssh-config" ended before the login: failed to authenticate: no service token\./,
    );
    expect((await refused(other.url, through('no-such-tunnel %h'))).message).toMatch(
      /ended before the login: .*no-such-tunnel: not found\. Install the program in an earlier step\./,
    );
  });
});

describe('many hosts behind one jump host', () => {
  const names = Array.from({ length: 20 }, (_, index) => `web${index + 1}`);
  const fleet = () =>
    withSsh({
      config: `Host ${names.join(' ')}\n  HostName ${other.address}\n  ProxyJump deploy@${server.address}`,
    });
  const refusals = () =>
    lab.run('in', server.name, 'sh', '-c', 'grep -ci maxstartups /var/log/sshd.log || true').then(Number);

  test('log in a few at a time, so that sshd refuses none', async () => {
    // Stricter than sshd's own 10:30:100: from the seventh on whose login is not done, it refuses all. The others take their time.
    await withSshd(server, 'MaxStartups 7:100:7', async () => {
      await lab.run('shape', server.name, '90');
      try {
        const before = await refusals();
        await Promise.all(names.map((name) => open(`ssh://deploy@${name}`, fleet())));
        expect((await refusals()) - before).toBe(0);
      } finally {
        await lab.run('unshape', server.name);
      }
    });
  });

  test('a login that is closed before it was looked at is tried again', async () => {
    await withSshd(server, 'MaxStartups 1:100:1', async () => {
      // One who never logs in takes the only place.
      const silent = connectTo(22, server.address);
      await once(silent, 'data');
      const opening = open('ssh://deploy@web1', fleet());
      await until('it is tried again', () => step.lines.some((line) => line.includes('Trying again in')));
      silent.destroy();
      expect(await (await opening).listContainers([])).toBeInstanceOf(Array);
    });
  });
});
