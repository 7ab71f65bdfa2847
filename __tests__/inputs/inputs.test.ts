import { describe, expect, test } from '@jest/globals';
import { OPTIONS } from '../image/support/build.ts';
import {
  DIGEST,
  inputError,
  KEY,
  MINIMAL_INPUTS,
  readInputs,
  request,
  useRunnerEnvironment,
  workflowCommands,
} from './runner.ts';

useRunnerEnvironment();
const COMMANDS = ['deliver', 'build', 'deploy', 'rollback', 'status', 'gate'] as const;

test.each(COMMANDS)(
  'the inputs of %s are accepted without a warning if only the required ones are set',
  (command) => {
    const { request: read, warnings } = readInputs(command);
    expect(read.command).toBe(command);
    expect(warnings).toEqual([]);
  },
);

test('a delivery has the defaults of action.yml', () => {
  expect(request('deliver')).toEqual({
    command: 'deliver',
    orchestrator: 'docker',
    destination: {
      app: 'shop-api',
      environment: 'staging',
      hosts: [expect.objectContaining({ kind: 'unix', path: '/run/a.sock' })],
      access: { ssh: undefined, tls: undefined },
    },
    source: {
      kind: 'build',
      repository: 'ghcr.io/me/shop.api',
      isRepositoryGiven: false,
      options: OPTIONS,
      transfer: 'registry',
    },
    registry: { logins: [], unnamed: undefined, token: { username: 'octocat', password: 'ghs_token' } },
    gate: {
      approval: 'if-protected',
      allowSelfApproval: false,
      strict: false,
      checkRunId: 40512345678,
      token: 'ghs_token',
    },
    allowDowngrade: false,
    token: 'ghs_token',
    verification: { kind: 'off' },
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
      health: { path: undefined, timeout: 60_000 },
      drainTimeout: 30_000,
      url: undefined,
      keep: 5,
      dryRun: false,
      lockTimeout: 600_000,
      edgeImage: 'caddy:2.11',
      tcpEdgeImage: 'haproxy:3.2-alpine',
      acme: { directory: undefined, email: undefined, ca: undefined },
    },
  });
});

test.each(COMMANDS)('empty inputs of %s mean their defaults', (command) => {
  const withDefaults = request(command);
  const empty = Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith('INPUT_'))
      .map((name) => name.slice('INPUT_'.length).toLowerCase())
      .filter(
        (name) => !(name in MINIMAL_INPUTS[command]) && !['github-token', 'check-run-id'].includes(name),
      )
      .map((name) => [name, '']),
  );
  expect(request(command, empty)).toEqual(withDefaults);
});

describe('the main action', () => {
  test.each(['environment', 'hosts'])('is refused without %s, with a hint at build/', (name) => {
    const message = inputError('deliver', { [name]: '' });
    expect(message).toMatch(new RegExp(`^${name}: missing\\. `));
    expect(message).toContain('use the action in build/');
  });
});

test.each(['deploy', 'rollback', 'status'] as const)(
  '%s requires the inputs environment and hosts',
  (command) => {
    expect(inputError(command, { environment: '' })).toBe(
      'environment: missing. Name the environment, such as staging or production.',
    );
    expect(inputError(command, { hosts: '' })).toBe(
      'hosts: missing. List the hosts of staging, one per line: ssh://user@host.',
    );
    expect(inputError(command, { hosts: '# none\n' })).toMatch(/^hosts: no line names a host\./);
  },
);

describe('the input hosts', () => {
  test('takes one host per line and ignores empty lines and comments', () => {
    const { destination } = request('status', {
      hosts: '\n unix:///run/a.sock\r\n\n# later: unix:///c\nunix:///run/b.sock ',
    });
    expect(destination.hosts.map((host) => host.kind === 'unix' && host.path)).toEqual([
      '/run/a.sock',
      '/run/b.sock',
    ]);
  });

  test.each(['https://server', 'server', 'http:/x', 'docker://x'])(
    'is refused with the scheme of %s',
    (hosts) => {
      expect(inputError('status', { hosts })).toMatch(/^hosts: .*ssh:\/\//);
    },
  );

  test.each([
    ['ssh://deploy@one,ssh://deploy@two', 'hosts, line 1: the line contains a comma'],
    ['unix:///a\n# two more\nssh://a:s3cret@b, ssh://c:s3cret@d', 'hosts, line 3: the line contains a comma'],
    ['unix:///a\nssh://deploy@one ssh://deploy@two', 'hosts, line 2: the line contains a space'],
    ['tcp://one;tcp://two', 'hosts, line 1: the line contains a semicolon'],
    ['unix:///a,ssh://deploy@two', 'hosts, line 1: the line contains a comma'],
    ['one, two', 'hosts, line 1: the line contains a comma'],
    ['ssh://deploy@ser ver', 'hosts, line 1: the line contains a space'],
  ])('is refused with several hosts in one line, named by its number: %j', (hosts, message) => {
    const error = inputError('status', { hosts });
    expect(error).toContain(`${message}, but it must name one host. Write "hosts: |"`);
    expect(error).not.toMatch(/s3cret|\*\*\*|@/);
  });

  test('takes the path of a socket with a comma and a space', () => {
    const { destination } = request('status', { hosts: 'unix:///run/a,b c.sock' });
    expect(destination.hosts).toMatchObject([{ path: '/run/a,b c.sock' }]);
  });

  test('is refused if it lists a host twice', () => {
    expect(inputError('status', { hosts: 'unix:///a\nunix:///a' })).toBe(
      'hosts: unix:///a is listed twice. Remove one of the lines.',
    );
  });
});

describe('access to an ssh:// host', () => {
  const hosts = 'ssh://deploy@one.example.com:2222\nssh://deploy@two.example.com';
  const given = { hosts, 'ssh-key': KEY, 'known-hosts': 'one.example.com ssh-ed25519 AAAA' };

  test('takes key, passphrase, known hosts and lines of ssh_config', () => {
    const extra = { 'ssh-key-passphrase': 'open sesame', 'ssh-config': 'Host *\n  ProxyJump jump' };
    expect(request('status', { ...given, ...extra }).destination.access).toEqual({
      ssh: {
        privateKey: KEY,
        passphrase: 'open sesame',
        knownHosts: given['known-hosts'],
        config: extra['ssh-config'],
      },
      tls: undefined,
    });
    expect(
      request('status', { ...given, 'ssh-key-passphrase': '', 'ssh-config': '' }).destination.access.ssh,
    ).toMatchObject({
      passphrase: undefined,
      config: '',
    });
  });

  test('takes a certificate, and variables for ssh by name or with their value', () => {
    process.env['TUNNEL_TOKEN'] = 'topsecret';
    try {
      const extra = {
        'ssh-certificate': 'ssh-ed25519-cert-v01@openssh.com AAAA',
        'ssh-env': 'TUNNEL_TOKEN\nMODE=fast',
      };
      expect(request('status', { ...given, ...extra }).destination.access.ssh).toMatchObject({
        certificate: extra['ssh-certificate'],
        variables: { TUNNEL_TOKEN: 'topsecret', MODE: 'fast' },
      });
    } finally {
      delete process.env['TUNNEL_TOKEN'];
    }
  });

  test('is refused without known-hosts, with the command that gets them', () => {
    const message = inputError('status', { ...given, 'known-hosts': '' });
    expect(message).toMatch(/^known-hosts: missing\. /);
    expect(message).toContain('ssh-keyscan -p 2222 one.example.com');
  });

  test('is refused without a private key', () => {
    expect(inputError('status', { ...given, 'ssh-key': '' })).toMatch(/^ssh-key: missing\. /);
  });

  test('is not needed if no host uses SSH', () => {
    expect(request('status', { ...given, hosts: 'unix:///a' }).destination.access.ssh).toBeUndefined();
  });
});

describe('a rollback', () => {
  test.each([
    ['', undefined],
    ['0a1b2c3d', '0a1b2c3d'],
    ['a7bb11074f56f80fa00586376a3c86b31506e082', 'a7bb11074f56f80fa00586376a3c86b31506e082'],
    ['v1.2.0', 'v1.2.0'],
    [DIGEST, DIGEST],
    [`ghcr.io/me/shop@${DIGEST}`, DIGEST],
  ])('takes %p as the release to roll back to', (to, wanted) => {
    expect(request('rollback', { to }).to).toBe(wanted);
  });

  test('has a health-timeout only if it is set', () => {
    expect(request('rollback').healthTimeout).toBeUndefined();
    expect(request('rollback', { 'health-timeout': '5m' }).healthTimeout).toBe(300_000);
    expect(inputError('rollback', { 'health-timeout': '5' })).toContain('Write a number with its unit: "5s"');
  });

  test.each(['a b', 'feature/x', 'sha256:abc', 'ghcr.io/me/shop:v1'])(
    'refuses %p as the release to roll back to',
    (to) => {
      expect(inputError('rollback', { to })).toMatch(
        /^to: ".*" names no release\. Write a release id, a commit SHA/,
      );
    },
  );
});

describe('an unknown input', () => {
  test('causes a warning with the input that was probably meant', () => {
    expect(readInputs('deploy', { volume: 'a:/b' }).warnings).toEqual([
      'volume: not used, because there is no such input. Did you mean "volumes"?',
    ]);
  });

  test('causes a warning with the actions that have it', () => {
    expect(readInputs('deploy', { tags: 'latest' }).warnings).toEqual([
      'tags: not used. It is an input of the main action, build/, not of deploy/.',
    ]);
  });

  test('is refused if only its separators are wrong', () => {
    expect(inputError('deliver', { dry_run: 'true' })).toBe(
      'dry_run: there is no such input. Write "dry-run".',
    );
    expect(inputError('deliver', { 'Dry Run': 'true' })).toBe(
      'dry_run: there is no such input. Write "dry-run".',
    );
  });

  test('causes no warning if no input is similar, because the runner warns', () => {
    expect(readInputs('status', { 'something-else': 'x', constructor: 'x' }).warnings).toEqual([]);
  });
});

test('inputs without effect cause a warning', () => {
  const image = `ghcr.io/me/shop@${DIGEST}`;
  expect(
    readInputs('deliver', { image, test: 'pytest', port: '8080', volumes: 'data:/data' }).warnings,
  ).toEqual([
    'port: not used, because compose.yaml describes the app. It is only for apps without a Compose file.',
    'volumes: not used, because compose.yaml describes the app. It is only for apps without a Compose file.',
    'test: not run, because "image" names an image that is already built.',
  ]);
});

test('secrets are masked even if an input is refused', () => {
  inputError('deliver', { 'registry-password': 'p4ssw0rd', pull: 'yes' });
  expect(workflowCommands()).toContain('::add-mask::p4ssw0rd');
});

test('an input that is refused is named in one short line, whatever it holds', () => {
  expect(inputError('deliver', { pull: `a\n${'b\n'.repeat(500_000)}c` })).toBe(
    'pull: … is neither true nor false.',
  );
});
