/** What else is wrong in a workflow, a key, a file or a server: one error that names the input (../badinput.test.ts). */
import { expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../../support/action.ts';
import { compose, webApp } from '../../support/apps/probe.ts';
import { untilListening } from '../../support/http.ts';
import { labWith, uniquePort } from '../../support/lab.ts';
import { type Expected, RefusingApp } from '../../support/refusing-app.ts';
import { succeeded } from '../../support/test-app.ts';
import type { Files } from '../../support/workspace.ts';

const lab = await labWith(2, { builds: true });
const UNKNOWN_DIGEST = `sha256:${'ab'.repeat(32)}`;

const refusing = new RefusingApp(lab);
const { server, other, absent: ABSENT } = refusing;
const expectRefused = (run: () => Promise<ActionRun>, expected: Expected): Promise<ActionRun> =>
  refusing.expectRefused(run, expected);
const line = (
  { address }: { readonly address: string },
  of: { readonly address: string } = { address },
): string => refusing.knownHost(address, of.address);

test.each<[string, Inputs, Expected]>([
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
])(
  'an input %s is told by one error that names the input, and nothing is changed',
  async (_, inputs, expected) => {
    await expectRefused(() => refusing.app.deliver(inputs), expected);
  },
);

test('an image to be deployed that has neither tag nor digest is told by one error that names the input, and nothing is changed', async () => {
  await expectRefused(() => refusing.app.deploy(refusing.app.repository), {
    says: ['image', 'neither a digest nor a tag'],
  });
});

const publicKey = `ssh-ed25519 ${'A'.repeat(68)} me@example.com`;
test.each<[string, () => Inputs, Expected]>([
  ['that is missing', () => ({ 'ssh-key': '' }), { says: ['ssh-key', 'missing'] }],
  ['that is the public one', () => ({ 'ssh-key': publicKey }), { says: ['ssh-key', 'public'] }],
  ['that is no key', () => ({ 'ssh-key': '~/.ssh/id_ed25519' }), { says: ['ssh-key'] }],
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
])(
  'a key or a host key %s is told by one error that names the input, and nothing is changed',
  async (_, inputs, expected) => {
    await expectRefused(() => refusing.app.deliver(inputs()), expected);
  },
);

test.each<[string, () => Inputs]>([
  ['CRLF line ends', () => ({ 'ssh-key': lab.ssh.key.replaceAll('\n', '\r\n') })],
  ['no line break at its end', () => ({ 'ssh-key': lab.ssh.key.trimEnd() })],
  ['spaces around it', () => ({ 'ssh-key': `\n  ${lab.ssh.key}  \n` })],
  ['a passphrase', () => ({ 'ssh-key': lab.ssh.passphraseKey, 'ssh-key-passphrase': lab.ssh.passphrase })],
  ['CRLF in known-hosts', () => ({ 'known-hosts': lab.ssh.knownHosts.replaceAll('\n', '\r\n') })],
])('a key or host key with %s is fine', async (_, inputs) => {
  succeeded(await refusing.app.status(inputs()));
});

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
])(
  'a host %s is told by one error that names the input, and nothing is changed',
  async (_, inputs, expected) => {
    await expectRefused(() => refusing.app.deliver(inputs()), expected);
  },
);

test('a host whose engine is not running is told by one error that names the input, and nothing is changed', async () => {
  await lab.run('engine-stop', other.name);
  try {
    await expectRefused(() => refusing.app.deliver({ hosts: other.url }), {
      says: [other.url, /engine|docker/i],
    });
  } finally {
    await lab.run('engine-start', other.name);
  }
});

const service = { image: '${IMAGE}', ports: ['1234:3000'] };
test.each<[string, Files, Inputs, Expected]>([
  ['that is missing', { 'compose.yaml': undefined }, {}, { says: ['compose-file', 'compose.yaml', 'port'] }],
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
])(
  'a Compose file %s is told by one error that names the input, and nothing is changed',
  async (_, files, inputs, expected) => {
    await refusing.with(files, () => expectRefused(() => refusing.app.deliver(inputs), expected));
  },
);

test.each<[string, () => Inputs, Expected]>([
  [
    'that wants a login, and none is given',
    () => ({ 'registry-username': '', 'registry-password': '' }),
    { says: ['registry-username', lab.registry.address] },
  ],
  ['with a user name and no password', () => ({ 'registry-password': '' }), { says: ['registry-password'] }],
  ['that is not there', () => ({ image: `${ABSENT}:5000/shop` }), { says: [`${ABSENT}:5000`] }],
])(
  'a registry %s is told by one error that names the input, and nothing is changed',
  async (_, inputs, expected) => {
    await expectRefused(() => refusing.app.deliver(inputs()), expected);
  },
);

test.each<[string, () => string, Expected]>([
  ['a tag', () => `${refusing.app.repository}:absent`, { says: ['image', 'absent'] }],
  ['a digest', () => `${refusing.app.repository}@${UNKNOWN_DIGEST}`, { says: ['image', UNKNOWN_DIGEST] }],
  ['a repository', () => `${lab.registry.address}/e2e/absent:1`, { says: ['image', 'e2e/absent'] }],
])(
  'a registry that does not have %s is told by one error that names the input, and nothing is changed',
  async (_, reference, expected) => {
    await expectRefused(() => refusing.app.deploy(reference()), expected);
  },
);

test('a port that another program has ends the deploy; what was live stays', async () => {
  const port = uniquePort();
  // Until it is ended.
  const listen = ['busybox', 'nc', '-ll', '-p', String(port), '-e', 'cat'];
  const listener = lab.run('in', server.name, ...listen).catch(() => undefined);
  await untilListening(server.address, port);
  try {
    const files = webApp({ version: '2', port });
    const run = await refusing.with(files, () => refusing.app.deploy(refusing.image));
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(`port ${port}`);
    await refusing.expectServing();
  } finally {
    await lab.run('in', server.name, 'pkill', '--full', `nc -ll -p ${port}`);
    await listener;
  }
});
