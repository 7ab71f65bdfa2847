import { describe, expect, test } from '@jest/globals';
import { DIGEST, KEY, LEAST, likeTheRunner, reading, refusal, request, toldTheRunner } from './runner.ts';

likeTheRunner();
const COMMANDS = ['deliver', 'build', 'deploy', 'rollback', 'status'] as const;

test.each(COMMANDS)('%s is read with as little as it needs, and without a warning', (command) => {
  const { request: read, warnings } = reading(command);
  expect(read.command).toBe(command);
  expect(warnings).toEqual([]);
});

test('the whole delivery with defaults only', () => {
  expect(request('deliver')).toEqual({
    command: 'deliver',
    target: {
      app: 'shop-api',
      environment: 'staging',
      hosts: [expect.objectContaining({ kind: 'unix', path: '/run/a.sock' })],
      access: { ssh: undefined, tls: undefined },
    },
    source: {
      kind: 'build',
      repository: 'ghcr.io/me/shop.api',
      options: {
        context: '.',
        file: undefined,
        target: undefined,
        buildArgs: [],
        buildSecrets: [],
        platforms: [],
        labels: [],
        cacheFrom: [],
        cacheTo: [],
        provenance: undefined,
        sbom: undefined,
        pull: false,
        noCache: false,
        addHosts: [],
        buildContexts: [],
        tags: [],
        tests: new Map(),
        rebuild: false,
      },
    },
    registry: { login: undefined, token: { username: 'octocat', password: 'ghs_token' } },
    options: {
      compose: {
        files: ['compose.yaml'],
        variables: new Map(),
        port: undefined,
        volumes: [],
        domains: new Map(),
      },
      strategy: undefined,
      limits: { maxErrors: 0.01, maxLatencyRatio: 1.5, minRequests: 100, onTooFewRequests: 'go-on' },
      bake: 0,
      waves: { kind: 'all' },
      beforeRelease: [],
      afterRelease: [],
      accessories: 'leave',
      force: false,
      edge: 'caddy',
      healthPath: undefined,
      healthTimeout: 60_000,
      drainTimeout: 30_000,
      url: undefined,
      keep: 5,
      dryRun: false,
      edgeImage: 'caddy:2.11',
      acme: { directory: undefined, email: undefined, ca: undefined },
    },
  });
});

test.each(COMMANDS)('inputs of %s that are given but empty have their defaults', (command) => {
  const left = request(command);
  const empty = Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith('INPUT_'))
      .map((name) => name.slice('INPUT_'.length).toLowerCase())
      .filter((name) => !(name in LEAST[command]) && name !== 'github-token')
      .map((name) => [name, '']),
  );
  expect(request(command, empty)).toEqual(left);
});

describe('the main action without a place to deliver to', () => {
  test.each(['environment', 'hosts'])('names %s and build/', (name) => {
    const message = refusal('deliver', { [name]: '' });
    expect(message).toMatch(new RegExp(`^${name}: missing\\. `));
    expect(message).toContain('use the action in build/');
  });
});

test.each(['deploy', 'rollback', 'status'] as const)('%s demands environment and hosts', (command) => {
  expect(refusal(command, { environment: '' })).toBe(
    'environment: missing. Name the environment: staging, production.',
  );
  expect(refusal(command, { hosts: '' })).toBe(
    'hosts: missing. List the hosts of staging, one a line: ssh://user@host.',
  );
  expect(refusal(command, { hosts: '# none\n' })).toMatch(/^hosts: no line names a host\./);
});

describe('hosts', () => {
  test('are one a line, whatever is around them', () => {
    const { target } = request('status', {
      hosts: '\n unix:///run/a.sock\r\n\n# later: unix:///c\nunix:///run/b.sock ',
    });
    expect(target.hosts.map((host) => host.kind === 'unix' && host.path)).toEqual([
      '/run/a.sock',
      '/run/b.sock',
    ]);
  });

  test.each(['https://server', 'server', 'http:/x', 'docker://x'])('%s has another scheme', (hosts) => {
    expect(refusal('status', { hosts })).toMatch(/^hosts: .*ssh:\/\//);
  });

  test.each([
    ['ssh://deploy@one,ssh://deploy@two', 'hosts, line 1: there is a comma in it'],
    ['unix:///a\n# two more\nssh://a:s3cret@b, ssh://c:s3cret@d', 'hosts, line 3: there is a comma in it'],
    ['unix:///a\nssh://deploy@one ssh://deploy@two', 'hosts, line 2: there is a space in it'],
    ['tcp://one;tcp://two', 'hosts, line 1: there is a semicolon in it'],
    ['unix:///a,ssh://deploy@two', 'hosts, line 1: there is a comma in it'],
    ['one, two', 'hosts, line 1: there is a comma in it'],
    ['ssh://deploy@ser ver', 'hosts, line 1: there is a space in it'],
  ])('several in a line are refused by the number of the line: %j', (hosts, message) => {
    const said = refusal('status', { hosts });
    expect(said).toContain(`${message}, and a line names one host. Write "hosts: |"`);
    expect(said).not.toMatch(/s3cret|\*\*\*|@/);
  });

  test('a socket may have a comma in its path', () => {
    const { target } = request('status', { hosts: 'unix:///run/a,b c.sock' });
    expect(target.hosts).toMatchObject([{ path: '/run/a,b c.sock' }]);
  });

  test('listed twice are refused', () => {
    expect(refusal('status', { hosts: 'unix:///a\nunix:///a' })).toBe('hosts: unix:///a is listed twice.');
  });
});

describe('ssh', () => {
  const hosts = 'ssh://deploy@one.example.com:2222\nssh://deploy@two.example.com';
  const given = { hosts, 'ssh-key': KEY, 'known-hosts': 'one.example.com ssh-ed25519 AAAA' };

  test('takes key, passphrase, known hosts and further lines of config', () => {
    const extra = { 'ssh-key-passphrase': 'open sesame', 'ssh-config': 'Host *\n  ProxyJump jump' };
    expect(request('status', { ...given, ...extra }).target.access).toEqual({
      ssh: {
        privateKey: KEY,
        passphrase: 'open sesame',
        knownHosts: given['known-hosts'],
        config: extra['ssh-config'],
      },
      tls: undefined,
    });
    expect(
      request('status', { ...given, 'ssh-key-passphrase': '', 'ssh-config': '' }).target.access.ssh,
    ).toMatchObject({
      passphrase: undefined,
      config: '',
    });
  });

  test('is refused without known-hosts, and says how to get them', () => {
    const message = refusal('status', { ...given, 'known-hosts': '' });
    expect(message).toMatch(/^known-hosts: missing\. /);
    expect(message).toContain('ssh-keyscan -p 2222 one.example.com');
  });

  test('is refused without a key', () => {
    expect(refusal('status', { ...given, 'ssh-key': '' })).toMatch(/^ssh-key: missing\. /);
  });

  test('needs nothing where no host is reached over it', () => {
    expect(request('status', { ...given, hosts: 'unix:///a' }).target.access.ssh).toBeUndefined();
  });
});

describe('rollback', () => {
  test.each([
    ['', undefined],
    ['0a1b2c3d', '0a1b2c3d'],
    ['a7bb11074f56f80fa00586376a3c86b31506e082', 'a7bb11074f56f80fa00586376a3c86b31506e082'],
    ['v1.2.0', 'v1.2.0'],
    [DIGEST, DIGEST],
    [`ghcr.io/me/shop@${DIGEST}`, DIGEST],
  ])('to %p', (to, wanted) => {
    expect(request('rollback', { to }).to).toBe(wanted);
  });

  test('waits as long as it is told to for the release to become healthy', () => {
    expect(request('rollback').healthTimeout).toBeUndefined();
    expect(request('rollback', { 'health-timeout': '5m' }).healthTimeout).toBe(300_000);
    expect(refusal('rollback', { 'health-timeout': '5' })).toContain('Write a number with its unit: "5s"');
  });

  test.each(['a b', 'feature/x', 'sha256:abc', 'ghcr.io/me/shop:v1'])('to %p is refused', (to) => {
    expect(refusal('rollback', { to })).toMatch(/^to: ".*" is none of a release id, a commit SHA/);
  });
});

describe('an input that the action does not have', () => {
  test('is a warning that says what was probably meant', () => {
    expect(reading('deploy', { volume: 'a:/b' }).warnings).toEqual([
      'volume: not used, there is no such input. Did you mean "volumes"?',
    ]);
  });

  test('is a warning that says where it belongs', () => {
    expect(reading('deploy', { tags: 'latest' }).warnings).toEqual([
      'tags: not used. It is an input of the main action, build/, not of deploy/.',
    ]);
  });

  test('is an error where only the hyphen is wrong', () => {
    expect(refusal('deliver', { dry_run: 'true' })).toBe('dry_run: no such input. It is called "dry-run".');
    expect(refusal('deliver', { 'Dry Run': 'true' })).toBe('dry_run: no such input. It is called "dry-run".');
  });

  test('is left to the runner where nothing is like it', () => {
    expect(reading('status', { 'something-else': 'x', constructor: 'x' }).warnings).toEqual([]);
  });
});

test('inputs without effect are said', () => {
  const image = `ghcr.io/me/shop@${DIGEST}`;
  expect(reading('deliver', { image, test: 'pytest', port: '8080', volumes: 'data:/data' }).warnings).toEqual(
    [
      'port: not used, since compose.yaml describes the app. It is for apps without a Compose file.',
      'volumes: not used, since compose.yaml describes the app. It is for apps without a Compose file.',
      'test: not run, because image names an image that is built already.',
    ],
  );
});

test('secrets are masked before an input is refused', () => {
  refusal('deliver', { 'registry-password': 'p4ssw0rd', pull: 'yes' });
  expect(toldTheRunner()).toContain('::add-mask::p4ssw0rd');
});
