/** SSH as servers have it, otherwise than ../ssh.test.ts says. */
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { proveReachedInSpiteOf } from '../../support/connection-proofs.ts';
import { connectInTests, lab, open, other, refused, server, withSsh } from '../../support/engine-proofs.ts';
import { HooksApp, node, saidIn } from '../../support/hooks-app.ts';
import { until } from '../../support/patience.ts';
import { proveUsable, withKeyOptions, withShellStart, withSshd } from '../../support/ssh-servers.ts';
import { succeeded } from '../../support/test-app.ts';

connectInTests();

describe('a shell', () => {
  test.each([
    ['a line', 'echo Welcome to production'],
    ['a line that ends with a carriage return', "printf 'loading...\\r'"],
    ['an escape sequence', "printf '\\033[1;31m'"],
    ['a line on stderr', 'echo Welcome to production >&2'],
    ['every command', 'set -xv'],
    ['more than anybody reads', 'head -c 200000 /dev/zero | tr "\\0" x'],
  ])('that prints %s does no harm, with and without forwarding', async (_, line) => {
    await withShellStart(other, line, async () => {
      expect(await (await open(other.url)).listContainers([])).toBeInstanceOf(Array);
      await withSshd(other, 'DisableForwarding yes', () => proveUsable(other));
    });
  });

  test('that asks something, and takes any answer, does no harm', async () => {
    await withShellStart(other, "printf 'Press enter to go on '; read -r answer", async () => {
      expect(await (await open(other.url)).listContainers([])).toBeInstanceOf(Array);
    });
  });

  test('that asks something, and ends without the right answer, is told in what it printed', async () => {
    const lines = 'printf \'Go on? [y/N] \'; read -r answer; [ "$answer" = y ] || exit 1';
    const error = await withShellStart(other, lines, () => refused(other.url));
    expect(error.message).toMatch(/the login worked, but .*Go on\? \[y\/N\]/);
  });

  test('that asks something until it has an answer is told in what it printed instead of running a command', async () => {
    const lines =
      'until [ "$answer" = y ]; do printf \'\\033[1mDeploy lock: go on? [y/N]\\033[0m \'; read -r answer || sleep 100; done';
    const error = await withShellStart(other, lines, () => refused(other.url));
    expect(error.message).toMatch(
      /the login worked, but the shell of deploy did not run a command within 20 s\. It printed ".*go on\? \[y\/N\]"\. .* not interactive\./,
    );
  });
});

test('a second factor by keyboard is told as that', async () => {
  const lines = 'AuthenticationMethods publickey,keyboard-interactive\nKbdInteractiveAuthentication yes';
  const error = await withSshd(other, lines, () => refused(other.url));
  expect(error.message).toMatch(/accepts the key .*asks for more after it \(keyboard-interactive\)/);
});

describe('a key', () => {
  const WRAPPER =
    'command="case \\"$SSH_ORIGINAL_COMMAND\\" in docker*) exec $SSH_ORIGINAL_COMMAND;; *) echo refused >&2; exit 1;; esac"';

  test.each([
    ['dial-stdio, though it may forward', 'command="docker system dial-stdio",no-pty'],
    ['docker, by a wrapper', `${WRAPPER},restrict`],
    ['what a forwarded socket needs', 'restrict,port-forwarding'],
  ])('that may only run %s is enough', async (_, options) => {
    await withKeyOptions(other, options, () => proveUsable(other));
  });

  test('behind a shell that prints something runs dial-stdio all the same', async () => {
    await withShellStart(other, "printf 'Welcome> '", () =>
      withKeyOptions(other, 'command="docker system dial-stdio",restrict', () => proveUsable(other)),
    );
  });

  test('that may only run dial-stdio serves again once an engine that ended is back', async () => {
    const options = 'command="docker system dial-stdio",restrict';
    await withKeyOptions(other, options, async () => {
      const engine = await open(other.url);
      await lab.run('engine-kill', other.name);
      await lab.run('engine-start', other.name);
      await until('the engine answers again', async () => (await engine.listContainers([])).length >= 0);
      expect(engine.disconnected.aborted).toBe(false);
    });
  });

  test('that may run nothing of ours is told what it must allow', async () => {
    const options = 'command="echo no deploys today; exit 3",restrict';
    const error = await withKeyOptions(other, options, () => refused(other.url));
    expect(error.message).toMatch(
      /does not run a command for this user \("no deploys today"\).*allows less than "docker system dial-stdio"/,
    );
  });

  test('that may run dial-stdio where the engine is stopped says so', async () => {
    await lab.run('engine-stop', other.name);
    try {
      const options = 'command="docker system dial-stdio",restrict';
      const error = await withKeyOptions(other, options, () => refused(other.url));
      expect(error.message).toMatch(/the Docker engine is not running there\. Start it/);
    } finally {
      await lab.run('engine-start', other.name);
    }
  });

  test('that may run dial-stdio in one session is told the setting to change', async () => {
    const lines = 'ForceCommand docker system dial-stdio\nDisableForwarding yes\nMaxSessions 1';
    const error = await withSshd(other, lines, () => refused(other.url));
    expect(error.message).toMatch(/allows no second session \(MaxSessions\)/);
  });
});

describe('where sessions are few', () => {
  proveReachedInSpiteOf([
    'DisableForwarding yes\nMaxSessions 3',
    'DisableForwarding yes\nMaxSessions 9',
    'ForceCommand docker system dial-stdio\nDisableForwarding yes\nMaxSessions 2',
  ]);

  test('a server behind a jump host gives them all the same', async () => {
    await withSshd(other, 'DisableForwarding yes\nMaxSessions 2', () =>
      proveUsable(other, withSsh({ config: `ProxyJump deploy@${server.address}` })),
    );
  });

  test('a whole deploy with commands of its own gets through, by two sessions on a connection', async () => {
    const it = await HooksApp.make(lab, [other]);
    try {
      await withSshd(other, 'DisableForwarding yes\nMaxSessions 2', async () => {
        const inputs = { 'before-release': node('console.log("before it")'), 'after-release': node('1') };
        for (const version of [1, 2]) {
          const run = succeeded(await it.deploy(version, inputs));
          expect(saidIn(run).join('\n')).toContain('before it');
        }
      });
    } finally {
      await it.app.remove();
    }
  });
});

test('a server with an IPv6 address is reached by it, and where its key is not known no jump host is spoken of', async () => {
  const address = await linkLocalAddress();
  const key = lab.ssh.knownHosts.split('\n').find((line) => line.startsWith(`${other.address} `));
  const knownHosts = `${address} ${key?.replace(`${other.address} `, '')}`;
  const engine = await open(`ssh://deploy@[${address}]`, withSsh({ knownHosts }));
  expect(await engine.listContainers([])).toBeInstanceOf(Array);
  const error = await refused(`ssh://deploy@[${address}]`);
  expect(error.message).toContain(`no line is for ${address} (ssh://deploy@[${address}]), which presents`);
});

/** The address that `other` has in the lab's network without anybody's doing, with this machine's device to it. */
async function linkLocalAddress(): Promise<string> {
  const shown = await lab.run('in', other.name, 'ip', '-6', '-oneline', 'address', 'show', 'dev', 'eth0');
  const address = /inet6 (?<address>fe80:\S+)\//.exec(shown)?.groups?.['address'] ?? '';
  const network = other.address.replace(/\d+$/, '');
  const device = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((each) => each.address.startsWith(network)),
  );
  return `${address}%${device?.[0] ?? ''}`;
}
