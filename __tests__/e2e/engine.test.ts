/** How engines are reached: over SSH and TLS; what is refused, and what breaks, is told with its cause. */
import { describe, expect, test } from '@jest/globals';
import { ConfigurationError, HostError } from '../../src/model/errors.ts';
import { failure } from '../engine/step-context.ts';
import {
  proveKilledStepLeavesNothing,
  proveReachedInSpiteOf,
  removeLeftContainers,
  runs,
  withCallsUnderWay,
} from '../support/connection-proofs.ts';
import {
  access,
  connectInTests,
  lab,
  open,
  other,
  proveEngine,
  pull,
  refused,
  server,
  step,
  withContainer,
  withSsh,
} from '../support/engine-proofs.ts';
import { uniqueName } from '../support/lab.ts';

connectInTests();
proveEngine('ssh://');

describe('logging in over SSH', () => {
  test.each([
    ['a key with a passphrase', { privateKey: lab.ssh.passphraseKey, passphrase: lab.ssh.passphrase }],
    ['an RSA key', { privateKey: lab.ssh.rsaKey }],
    [
      'a key with Windows line ends and without the last one',
      { privateKey: lab.ssh.key.trim().replaceAll('\n', '\r\n') },
    ],
    ['a key on one line', { privateKey: lab.ssh.key.trim().replaceAll('\n', '\\n') }],
    ['the right key as the second of two', { privateKey: `${lab.ssh.foreignKey}\n${lab.ssh.key}` }],
    ['known-hosts with Windows line ends', { knownHosts: lab.ssh.knownHosts.replaceAll('\n', '\r\n') }],
  ])('logging in with %s is fine', async (_, changes) => {
    const engine = await open(server.url, withSsh(changes));
    expect(await engine.listContainers([])).toBeInstanceOf(Array);
  });

  const notOurs = (text: string) =>
    text
      .split('\n')
      .filter((line) => !line.startsWith(`${server.address} `))
      .join('\n');
  const swapped = () =>
    `${server.address} ${lab.ssh.knownHosts
      .split('\n')
      .find((line) => line.startsWith(other.address))
      ?.split(' ')
      .slice(1)
      .join(' ')}`;

  test.each([
    [
      'an unknown host key',
      { knownHosts: notOurs(lab.ssh.knownHosts) },
      ConfigurationError,
      [/^known-hosts: no line is for /, /ssh-ed25519 SHA256:\S+/, /ssh-keyscan/],
    ],
    [
      'a changed host key',
      { knownHosts: `# first\n${swapped()}` },
      ConfigurationError,
      [/^known-hosts: /, /another host key than line 2 says: ED25519 SHA256:/],
    ],
    [
      'a key that the server does not accept',
      { privateKey: lab.ssh.foreignKey },
      HostError,
      [/the user deploy does not accept the key in "ssh-key" \(SHA256:/],
    ],
    [
      'a wrong passphrase',
      { privateKey: lab.ssh.passphraseKey, passphrase: 'wrong' },
      ConfigurationError,
      [/^ssh-key-passphrase: it does not open the key/],
    ],
    [
      'no passphrase for a key that has one',
      { privateKey: lab.ssh.passphraseKey },
      ConfigurationError,
      [/^ssh-key-passphrase: missing/],
    ],
    [
      'a damaged key',
      { privateKey: lab.ssh.key.split('\n').toSpliced(3, 1).join('\n') },
      ConfigurationError,
      [/^ssh-key: OpenSSH can't read this key/],
    ],
    [
      'an unknown option',
      { config: 'Compression yes\nCompresion yes' },
      ConfigurationError,
      [/^ssh-config: line 2: Bad configuration option: compresion/],
    ],
    [
      'a line that would weaken the check of host keys',
      { config: 'StrictHostKeyChecking no' },
      ConfigurationError,
      [/^ssh-config: line 1 sets StrictHostKeyChecking/],
    ],
  ])(
    'logging in with %s is refused, and the error names the input to change',
    async (_, changes, kind, patterns) => {
      const error = await refused(server.url, withSsh(changes));
      expect(error).toBeInstanceOf(kind);
      for (const pattern of patterns) expect(error.message).toMatch(pattern);
    },
  );

  test.each([
    [
      'a port on which nobody listens',
      `ssh://deploy@${server.address}:23`,
      /port 23 of .*: Connection refused.*sshd running/,
    ],
    [
      'a user that is not there',
      `ssh://nobodyhere@${server.address}`,
      /the user nobodyhere does not accept the key/,
    ],
    [
      'a name without an address',
      'ssh://deploy@server.invalid',
      /no address was found for the name server\.invalid/,
    ],
    [
      'an address without a server',
      `ssh://deploy@${server.address.replace(/\d+$/, '250')}`,
      /No route to host|Connection timed out|did not answer in time/,
    ],
  ])('%s is named as the reason why nobody could log in', async (_, url, pattern) => {
    const error = await refused(url);
    expect(error).toBeInstanceOf(HostError);
    expect(error.message).toMatch(pattern);
  });

  test('a user without a shell is named as the reason why nobody could log in', async () => {
    await lab.run('in', other.name, 'usermod', '--shell', '/usr/sbin/nologin', 'deploy');
    try {
      expect((await refused(other.url)).message).toMatch(
        /does not run a command for this user \("This account is currently not available\."\)/,
      );
    } finally {
      await lab.run('in', other.name, 'usermod', '--shell', '/bin/bash', 'deploy');
    }
  });

  test('another process of this machine cannot use the sockets and files of the connection', async () => {
    await open(server.url);
    const { stdout } = await step.run('find', [step.folder, '-perm', '/077', '-printf', '%P %m\n']);
    expect(stdout).toBe('');
  });

  test('the private key is nowhere on the disk', async () => {
    await open(server.url, withSsh({ privateKey: lab.ssh.passphraseKey, passphrase: lab.ssh.passphrase }));
    for (const secret of ['PRIVATE KEY', lab.ssh.passphrase]) {
      const { exitCode } = await step.run('grep', ['-rqsI', '--devices=skip', secret, step.folder], {
        allowedExitCodes: [1],
      });
      expect(exitCode).toBe(1);
    }
  });
});

test('a program in a container is no longer waited for when its signal aborts', async () => {
  const engine = await open(server.url);
  await withContainer(engine, async (id) => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const call = failure(engine.exec(id, ['sleep', '60'], { signal: abort.signal }));
    await runs(server, id, 'sleep 60');
    abort.abort(reason);
    expect(await call).toBe(reason);
    expect(engine.disconnected.aborted).toBe(false);
  });
});

describe('a jump host', () => {
  const config = `ProxyJump deploy@${server.address}`;

  test('a jump host leads to the server, and both host keys are checked', async () => {
    const engine = await open(other.url, withSsh({ config }));
    expect(await engine.listContainers([])).toBeInstanceOf(Array);
    const [first = '', ...rest] = lab.ssh.knownHosts.split('\n');
    expect(first).toContain(server.address);
    const jumpUnknown = await refused(other.url, withSsh({ config, knownHosts: rest.join('\n') }));
    expect(jumpUnknown.message).toMatch(
      new RegExp(`known-hosts: no line is for ${server.address} .*SHA256:`),
    );
    const targetUnknown = await refused(other.url, withSsh({ config, knownHosts: first }));
    expect(targetUnknown.message).toMatch(
      new RegExp(`known-hosts: no line is for ${other.address} .*SHA256:`),
    );
  });

  test.each([
    [
      'that is not there',
      `ProxyJump deploy@${server.address}:23`,
      new RegExp(`jump host ${server.address}: could not be reached`),
    ],
    [
      'that does not know the user',
      `ProxyJump nobodyhere@${server.address}`,
      /jump host .*: the login was refused: the user nobodyhere/,
    ],
  ])('a jump host %s is told as the cause', async (_, line, pattern) => {
    expect((await refused(other.url, withSsh({ config: line }))).message).toMatch(pattern);
  });

  test('a jump host that cannot reach the server is told as the cause', async () => {
    const error = await refused(`ssh://deploy@${other.address}:23`, withSsh({ config }));
    expect(error.message).toMatch(/the jump host could not reach it: Connection refused/);
  });
});

describe('where sshd refuses to forward', () => {
  proveReachedInSpiteOf(['AllowStreamLocalForwarding no']);

  test('where sshd refuses to forward and there is no Docker for this user either, that is told', async () => {
    await lab.run(
      'sshd-opts',
      other.name,
      'AllowStreamLocalForwarding no\nSetEnv DOCKER_HOST=unix:///run/nowhere.sock',
    );
    expect((await refused(other.url)).message).toMatch(/the Docker engine is not running there/);
  });
});

describe('an engine that cannot be used', () => {
  test('an engine that is stopped is told, and how to start it', async () => {
    await lab.run('engine-stop', other.name);
    try {
      const [overSsh, overTcp] = [await refused(other.url), await refused(other.tcpUrl)];
      expect(overSsh.message).toMatch(
        /the Docker engine is not running there\. Start it: sudo systemctl start docker/,
      );
      expect(overTcp.message).toMatch(/nothing listens on port 2376\. Is the Docker engine running/);
    } finally {
      await lab.run('engine-start', other.name);
    }
  });

  test('a user who is not in the group is told, and the command that adds him', async () => {
    await lab.run('in', other.name, 'chmod', '600', '/run/docker.sock');
    try {
      expect((await refused(other.url)).message).toMatch(
        /deploy may not use Docker there\. .*sudo usermod -aG docker deploy/,
      );
    } finally {
      await lab.run('in', other.name, 'chmod', '660', '/run/docker.sock');
    }
  });

  test('a socket that is not there is told', async () => {
    expect((await refused('unix:///run/nowhere.sock')).message).toMatch(
      /there is no socket \/run\/nowhere\.sock/,
    );
  });

  test('a full disk is told with the name of the host', async () => {
    const engine = await open(other.url);
    await pull(engine);
    await lab.run('fill', other.name);
    try {
      const error = await failure(
        (async () => {
          // A few, since the file system may find some bytes yet.
          for (let n = 0; n < 40; n += 1) {
            const id = await engine.createContainer(uniqueName('eng-full'), {
              Image: 'busybox:1',
              Cmd: ['true'],
              Labels: { eng: 'full' },
            });
            await engine.writeFiles(id, '/', new Map([['big', { content: Buffer.alloc(1_000_000, 1) }]]));
          }
        })(),
      );
      expect(error).toBeInstanceOf(HostError);
      expect(error.message).toMatch(new RegExp(`^${engine.host}: its disk is full: could not `));
    } finally {
      await lab.run('unfill', other.name);
      for (const { id } of await engine.listContainers(['eng=full'])) await engine.removeContainer(id);
    }
  });
});

describe('TLS', () => {
  const { own, foreign } = lab.tls;

  test.each([
    [
      'tls-ca of somebody else',
      { ...own, ca: foreign.ca },
      HostError,
      /the certificate of the engine was not signed by the CA in "tls-ca"/,
    ],
    ['a certificate of somebody else', { ...foreign, ca: own.ca }, HostError, /tls-cert/],
    [
      'a key of another certificate',
      { ...own, key: foreign.key },
      ConfigurationError,
      /^tls-key: this is not the key of the certificate in "tls-cert"/,
    ],
    [
      'a text that is no certificate',
      { ...own, cert: 'no certificate' },
      ConfigurationError,
      /^tls-cert: not a certificate/,
    ],
  ])('over TLS %s is told with the input to change', async (_, tls, kind, pattern) => {
    const error = await refused(server.tcpUrl, { ...access, tls });
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(pattern);
  });

  test('what does not speak TLS is told as that', async () => {
    expect((await refused(`tcp://${server.address}:22`)).message).toMatch(
      /what listens there does not speak TLS/,
    );
  });
});

test('a connection that sshd breaks ends every call under way at once', async () => {
  await withCallsUnderWay(await open(other.url), async (calls) => {
    await lab.run('sshd-stop', other.name);
    try {
      for (const error of await Promise.all(calls))
        expect(error.message).toMatch(/the SSH connection was lost: the server closed it/);
    } finally {
      await lab.run('sshd-start', other.name);
    }
  });
  await removeLeftContainers();
});

describe('a step that is killed', () => {
  proveKilledStepLeavesNothing('forwarding', '');
});
