/** What is wrong in a workflow, a key, a file or a server: one clear error that names the input, and nothing changed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../support/action.ts';
import { compose, probe, webApp } from '../support/apps/probe.ts';
import { untilListening } from '../support/http.ts';
import { removeApp } from '../support/lab/cleanup.ts';
import { tagsOf } from '../support/lab/registry.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { readLab, type Server, uniqueName, uniquePort } from '../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../support/test-app.ts';
import type { Files } from '../support/workspace.ts';

const lab = readLab();
const [server, other] = twoServers();
const ABSENT = `${lab.dns.replace(/\.\d+$/, '')}.250`;
const UNKNOWN_DIGEST = `sha256:${'ab'.repeat(32)}`;

let app: TestApp;
let image: string | undefined;
beforeAll(async () => {
  app = await testApp({ lab, stem: 'bad', files: (port) => webApp({ version: '1', port }) });
  const first = succeeded(await app.deliver());
  image = first.outputs['image'];
  await app.checkout.commit(probe({ version: '2' }));
});
afterAll(() => app.remove());

function twoServers(): [Server, Server] {
  const [one, another] = lab.servers;
  if (one === undefined || another === undefined) throw new Error('This needs a lab with two servers.');
  return [one, another];
}

interface Expected {
  /** Parts of the one error. */
  readonly says: readonly (string | RegExp)[];
}

/** One error with these parts, that ends with the state things are in; server and registry as before. */
async function expectRefused(run: () => Promise<ActionRun>, { says }: Expected): Promise<void> {
  const look = async (): Promise<unknown> => [await snapshot(server), await tagsOf(lab, `e2e/${app.name}`)];
  const before = await look();
  const result = await run();
  expect({ exitCode: result.exitCode, errors: result.errors.length }).toEqual({ exitCode: 1, errors: 1 });
  const message = result.errors[0]?.message;
  for (const part of says) {
    if (typeof part === 'string') expect(message).toContain(part);
    else expect(message).toMatch(part);
  }
  expect(message).toMatch(/Nothing was (deployed|built|changed)\.$/);
  // A person's mistake is no crash.
  expect(result.log).not.toMatch(/^\s+at .*\.js:\d+/m);
  expect(await look()).toEqual(before);
}

const line = (server: { readonly address: string }, of = server): string => {
  const found = lab.ssh.knownHosts.split('\n').find((each) => each.startsWith(`${of.address} `));
  return `${server.address} ${found?.slice(of.address.length + 1)}\n`;
};

describe('an input', () => {
  test.each<[string, Inputs, Expected]>([
    ['with a value that there is not', { strategy: 'blue-gren' }, { says: ['strategy', 'blue-green'] }],
    ['that is neither true nor false', { 'dry-run': 'yes' }, { says: ['dry-run', 'true', 'false'] }],
    ['that is no number', { keep: 'five' }, { says: ['keep', 'five'] }],
    ['that is no duration', { 'health-timeout': '60' }, { says: ['health-timeout', '60s'] }],
    ['that is required and missing', { environment: '' }, { says: ['environment', 'missing'] }],
    ['without a host', { hosts: '' }, { says: ['hosts', 'missing'] }],
    ['with a host of another scheme', { hosts: 'http://10.0.0.1' }, { says: ['hosts', 'http', 'ssh://'] }],
    [
      'with a host twice',
      { hosts: `ssh://deploy@${other.address}\nssh://deploy@${other.address}` },
      { says: ['hosts', 'twice'] },
    ],
    ['with a tag that is not legal', { tags: 'feature/x' }, { says: ['tags', 'feature/x'] }],
    ['with a template that there is not', { tags: '{{brunch}}' }, { says: ['tags', '{{branch}}'] }],
    ['with an image that is not lower case', { image: 'Registry/Shop' }, { says: ['image', 'lower case'] }],
    ['with a malformed digest', { image: 'registry.test/shop@sha256:123' }, { says: ['image', 'digest'] }],
  ])('%s', async (_, inputs, expected) => {
    await expectRefused(() => app.deliver(inputs), expected);
  });

  test('with an image that has neither tag nor digest, to be deployed', async () => {
    await expectRefused(() => app.deploy(app.repository), { says: ['image', 'neither a digest nor a tag'] });
  });
});

describe('a key or a host key', () => {
  const publicKey = `ssh-ed25519 ${'A'.repeat(68)} me@example.com`;
  test.each<[string, () => Inputs, Expected]>([
    ['that is missing', () => ({ 'ssh-key': '' }), { says: ['ssh-key', 'missing'] }],
    ['that is the public one', () => ({ 'ssh-key': publicKey }), { says: ['ssh-key', 'public'] }],
    ['that is no key', () => ({ 'ssh-key': '~/.ssh/id_ed25519' }), { says: ['ssh-key'] }],
    [
      'that the server does not know',
      () => ({ 'ssh-key': lab.ssh.foreignKey }),
      { says: ['ssh-key', server.url] },
    ],
    [
      'whose passphrase is missing',
      () => ({ 'ssh-key': lab.ssh.passphraseKey }),
      { says: ['ssh-key-passphrase'] },
    ],
    [
      'whose passphrase is another',
      () => ({ 'ssh-key': lab.ssh.passphraseKey, 'ssh-key-passphrase': 'another-passphrase' }),
      { says: ['ssh-key-passphrase'] },
    ],
    [
      'of the server that is not given',
      () => ({ 'known-hosts': '' }),
      { says: ['known-hosts', 'ssh-keyscan'] },
    ],
    [
      'of the server that is malformed',
      () => ({ 'known-hosts': `${server.address} ssh-ed25519 not-a-key` }),
      { says: ['known-hosts'] },
    ],
    ['of another server only', () => ({ 'known-hosts': line(other) }), { says: ['known-hosts', server.url] }],
    [
      'of the server that has changed',
      () => ({ 'known-hosts': line(server, other) }),
      { says: ['known-hosts', server.url, /another host key|changed/i] },
    ],
  ])('%s', async (_, inputs, expected) => {
    await expectRefused(() => app.deliver(inputs()), expected);
  });

  test.each<[string, () => Inputs]>([
    ['CRLF line ends', () => ({ 'ssh-key': lab.ssh.key.replaceAll('\n', '\r\n') })],
    ['no line break at its end', () => ({ 'ssh-key': lab.ssh.key.trimEnd() })],
    ['spaces around it', () => ({ 'ssh-key': `\n  ${lab.ssh.key}  \n` })],
    ['a passphrase', () => ({ 'ssh-key': lab.ssh.passphraseKey, 'ssh-key-passphrase': lab.ssh.passphrase })],
    ['CRLF in known-hosts', () => ({ 'known-hosts': lab.ssh.knownHosts.replaceAll('\n', '\r\n') })],
  ])('with %s is fine', async (_, inputs) => {
    succeeded(await app.status(inputs()));
  });
});

describe('a host', () => {
  test.each<[string, () => Inputs, Expected]>([
    [
      'that is not there',
      () => ({ hosts: `ssh://deploy@${ABSENT}`, 'known-hosts': line({ address: ABSENT }, server) }),
      { says: [`ssh://deploy@${ABSENT}`, /unreachable|No route|timed out|can't be reached/i] },
    ],
    [
      'where nothing listens',
      () => ({ hosts: `ssh://deploy@${server.address}:2` }),
      { says: [`ssh://deploy@${server.address}:2`, /refused/i] },
    ],
    ['whose name does not exist', () => ({ hosts: 'ssh://deploy@shop.invalid' }), { says: ['shop.invalid'] }],
    [
      'over TCP without certificates',
      () => ({ hosts: server.tcpUrl }),
      { says: ['tls-ca', 'tls-cert', 'tls-key'] },
    ],
    [
      'over TCP with certificates of another authority',
      () => ({
        hosts: server.tcpUrl,
        'tls-ca': lab.tls.foreign.ca,
        'tls-cert': lab.tls.foreign.cert,
        'tls-key': lab.tls.foreign.key,
      }),
      { says: ['tls-ca', server.tcpUrl] },
    ],
    [
      'over TCP with a client certificate that it does not accept',
      () => ({
        hosts: server.tcpUrl,
        'tls-ca': lab.tls.own.ca,
        'tls-cert': lab.tls.foreign.cert,
        'tls-key': lab.tls.foreign.key,
      }),
      { says: ['tls-cert', server.tcpUrl] },
    ],
    [
      'by a socket that is not there',
      () => ({ hosts: 'unix:///nowhere/docker.sock' }),
      { says: ['unix:///nowhere/docker.sock'] },
    ],
  ])('%s', async (_, inputs, expected) => {
    await expectRefused(() => app.deliver(inputs()), expected);
  });

  test('whose engine is not running', async () => {
    await lab.run('engine-stop', other.name);
    try {
      await expectRefused(() => app.deliver({ hosts: other.url }), { says: [other.url, /engine|docker/i] });
    } finally {
      await lab.run('engine-start', other.name);
    }
  });

  test('one of several that is not reached: none is changed', async () => {
    const hosts = `${server.url}\nssh://deploy@${ABSENT}`;
    const known = `${lab.ssh.knownHosts}${line({ address: ABSENT }, server)}`;
    await expectRefused(() => app.deliver({ hosts, 'known-hosts': known }), { says: [ABSENT] });
  });
});

describe('a Compose file', () => {
  const service = { image: '${IMAGE}', ports: ['1234:3000'] };
  test.each<[string, Files, Inputs, Expected]>([
    [
      'that is missing',
      { 'compose.yaml': undefined },
      {},
      { says: ['compose-file', 'compose.yaml', 'port'] },
    ],
    [
      'that is named and missing',
      {},
      { 'compose-file': 'deploy/compose.yaml' },
      { says: ['compose-file', 'deploy/compose.yaml'] },
    ],
    ['that is no YAML', { 'compose.yaml': 'services:\n  web: [\n' }, {}, { says: ['compose-file'] }],
    [
      'that is no YAML is told first, though host and registry refuse as well',
      { 'compose.yaml': 'services:\n  web: [\n' },
      { hosts: 'unix:///nowhere/docker.sock', 'registry-password': 'another-password' },
      { says: ['compose-file'] },
    ],
    [
      'that says what Compose does not know',
      compose({ services: { web: { ...service, port: 1 } } }),
      {},
      { says: ['compose-file', 'port'] },
    ],
    [
      'in which nothing is released',
      compose({ services: { db: { image: 'redis:7' } } }),
      {},
      { says: ['compose-file', '${IMAGE}'] },
    ],
    [
      'with a variable that is not set',
      compose({ services: { web: { ...service, environment: { KEY: '${API_KEY}' } } } }),
      {},
      { says: ['env', 'API_KEY'] },
    ],
    [
      'with a variable that it requires',
      compose({ services: { web: { ...service, environment: { KEY: '${API_KEY:?ask Mona}' } } } }),
      {},
      { says: ['env', 'API_KEY', 'ask Mona'] },
    ],
    [
      'with a folder of the checkout mounted',
      compose({ services: { web: { ...service, volumes: ['./data:/data'] } } }),
      {},
      { says: ['compose-file', 'web', './data'] },
    ],
  ])('%s', async (_, files, inputs, expected) => {
    await app.checkout.commit(files);
    try {
      await expectRefused(() => app.deliver(inputs), expected);
    } finally {
      await app.checkout.commit(webApp({ version: '2', port: app.port }));
    }
  });
});

describe('a registry', () => {
  test.each<[string, () => Inputs, Expected]>([
    [
      'that refuses the login',
      () => ({ 'registry-password': 'another-password' }),
      { says: ['registry-password', lab.registry.address] },
    ],
    [
      'that wants a login, and none is given',
      () => ({ 'registry-username': '', 'registry-password': '' }),
      { says: ['registry-username', lab.registry.address] },
    ],
    [
      'with a user name and no password',
      () => ({ 'registry-password': '' }),
      { says: ['registry-password'] },
    ],
    ['that is not there', () => ({ image: `${ABSENT}:5000/shop` }), { says: [`${ABSENT}:5000`] }],
  ])('%s', async (_, inputs, expected) => {
    await expectRefused(() => app.deliver(inputs()), expected);
  });

  test.each<[string, () => string, Expected]>([
    ['a tag', () => `${app.repository}:absent`, { says: ['image', 'absent'] }],
    ['a digest', () => `${app.repository}@${UNKNOWN_DIGEST}`, { says: ['image', UNKNOWN_DIGEST] }],
    ['a repository', () => `${lab.registry.address}/e2e/absent:1`, { says: ['image', 'e2e/absent'] }],
  ])('that does not have %s', async (_, reference, expected) => {
    await expectRefused(() => app.deploy(reference()), expected);
  });
});

describe('on the server', () => {
  test('a port that a container of another app has is not taken from it', async () => {
    const { engine } = server;
    const name = uniqueName('squatter');
    const port = uniquePort();
    await engine.post(`/containers/create?name=${name}`, {
      Image: 'caddy:2.11',
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: String(port) }] } },
    });
    await engine.post(`/containers/${name}/start`);
    await app.checkout.commit(webApp({ version: '2', port }));
    try {
      await expectRefused(() => app.deploy(image), { says: [`port ${port}`, name] });
      // Who builds is told before the build, by the same words.
      let run: ActionRun | undefined;
      await expectRefused(
        async () => {
          run = await app.deliver({ test: 'true' });
          return run;
        },
        { says: [`port ${port}`, name] },
      );
      expect(run?.log).not.toContain('Build, test and push');
      expect(run?.debug.join('\n')).not.toContain('buildx bake');
    } finally {
      await app.checkout.commit(webApp({ version: '2', port: app.port }));
      await removeApp(server, name);
    }
  });

  test('a port that another program has ends the deploy; what was live stays', async () => {
    const port = uniquePort();
    const listen = ['busybox', 'nc', '-ll', '-p', String(port), '-e', 'cat'];
    const listener = lab.run('in', server.name, 'timeout', '100', ...listen).catch(() => undefined);
    await untilListening(server.address, port);
    await app.checkout.commit(webApp({ version: '2', port }));
    try {
      const run = await app.deploy(image);
      expect(run.succeeded).toBe(false);
      expect(run.errors[0]?.message).toContain(`port ${port}`);
      expect(await app.version()).toBe('1');
    } finally {
      await app.checkout.commit(webApp({ version: '2', port: app.port }));
      await lab.run('in', server.name, 'pkill', '--full', `nc -ll -p ${port}`);
      await listener;
    }
  });

  test('a full disk is named, and what was live stays', async () => {
    const built = await app.build();
    await lab.run('fill', server.name);
    try {
      const run = await app.deploy(built.outputs['image']);
      expect(run.succeeded).toBe(false);
      expect(run.errors[0]?.message).toMatch(/disk|no space left/i);
      expect(run.errors[0]?.message).toContain(server.url);
      expect(await app.version()).toBe('1');
    } finally {
      await lab.run('unfill', server.name);
    }
  });
});
