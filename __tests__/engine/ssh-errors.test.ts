import { describe, expect, test } from '@jest/globals';
import { renderSshConfig } from '../../src/engine/ssh-config.ts';
import { sshEngineError } from '../../src/engine/ssh-engine-error.ts';
import { mayLoginPass, sshLoginError, sshLostError, sshShellError } from '../../src/engine/ssh-errors.ts';
import type { SshLoginContext } from '../../src/engine/ssh-login-failures.ts';
import { ConfigurationError, HostError } from '../../src/model/errors.ts';
import { hostName } from '../support/identifiers.ts';

const context: SshLoginContext = {
  name: hostName('ssh://deploy@server'),
  settings: { names: ['server', '10.0.0.5'], jumps: true, proxyCommand: undefined, firstHop: 'jump:22' },
  certificates: [],
  keys: ['256 SHA256:KEY deploy (ED25519)'],
  offeredHostKey: undefined,
  config: renderSshConfig('Compression yes\nFoo bar', { knownHosts: '/k', agentSocket: '/a' }),
  exitCode: 255,
};
const userLineInConfig = context.config.split('\n').indexOf('Foo bar') + 1;

/** The messages of OpenSSH 9.2, and what a person reads. */
describe('the error for a failed login', () => {
  test.each([
    [
      'No ED25519 host key is known for server and you have requested strict checking.',
      /^known_hosts of your ssh: no line is for server/,
    ],
    [
      'Offending ED25519 key in /home/mona/.ssh/known_hosts:7\nHost key for server has changed and you have requested strict checking.',
      /^known_hosts of your ssh: server .*another host key than line 7 of \/home\/mona\/\.ssh\/known_hosts says: /,
    ],
    [
      'The ED25519 host key for server is marked as revoked.',
      /^known_hosts of your ssh: .*marked as @revoked/,
    ],
  ])("at a terminal, where the person's own known_hosts count: %s", (stderr, message) => {
    const error = sshLoginError(stderr.split('\n'), { ...context, userKnownHosts: true });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(message);
  });

  test.each<readonly [string, string, typeof HostError | typeof ConfigurationError, RegExp]>([
    [
      'an unknown host key',
      'No ED25519 host key is known for [server]:2222 and you have requested strict checking.\nHost key verification failed.',
      ConfigurationError,
      /^known-hosts: no line is for \[server\]:2222 \(ssh:.*a key of the type ED25519\..*ssh-keyscan -p 2222 server".*did not trust the key and did not connect\.$/,
    ],
    [
      'an unknown host key of a jump host',
      'No ED25519 host key is known for jump and you have requested strict checking.\nHost key verification failed.',
      ConfigurationError,
      /^known-hosts: no line is for jump \(jump host of ssh:\/\/deploy@server\), which/,
    ],
    [
      'a changed host key',
      'The fingerprint for the ED25519 key sent by the remote host is\nSHA256:NEW.\nOffending ED25519 key in /x/known_hosts:7\nHost key for server has changed and you have requested strict checking.\nHost key verification failed.',
      ConfigurationError,
      /^known-hosts: server .*another host key than line 7 says: ED25519 SHA256:NEW\./,
    ],
    [
      'a revoked host key',
      'The ED25519 host key for server is marked as revoked.\nHost key verification failed.',
      ConfigurationError,
      /^known-hosts: .*marked as @revoked/,
    ],
    [
      'a key that is not accepted',
      'deploy@server: Permission denied (publickey,password).',
      HostError,
      /the user deploy does not accept the key in "ssh-key" \(SHA256:KEY\)/,
    ],
    [
      'a key that the jump host does not accept',
      'me@jump: Permission denied (publickey).\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535',
      HostError,
      /: jump host jump: the login was refused: the user me .*change the user in "ssh-config"\.$/,
    ],
    [
      'a second factor after the key',
      'Authenticated using "publickey" with partial success.\ndeploy@server: Permission denied (keyboard-interactive).',
      HostError,
      /the user deploy accepts the key in "ssh-key" \(SHA256:KEY\), but the server asks for more after it \(keyboard-interactive\).*"Match User deploy".*"AuthenticationMethods publickey"/,
    ],
    [
      'a second factor, in the words of OpenSSH 8',
      'Authenticated with partial success.\ndeploy@server: Permission denied (password).',
      HostError,
      /the user deploy accepts the key .*asks for more after it \(password\)/,
    ],
    [
      'a second factor of the jump host',
      'Authenticated using "publickey" with partial success.\nme@jump: Permission denied (password).\nConnection closed by UNKNOWN port 65535',
      HostError,
      /: jump host jump: the login was refused: the user me accepts the key/,
    ],
    [
      'a key that is refused behind a jump host with a second key',
      'Authenticated using "publickey" with partial success.\nAuthenticated to jump ([10.0.0.1]:22) using "publickey".\ndeploy@server: Permission denied (publickey).',
      HostError,
      /the user deploy does not accept the key/,
    ],
    [
      'a key that is not accepted by a server whose address is in ssh-config',
      'deploy@10.0.0.5: Permission denied (publickey).',
      HostError,
      /deploy@server: the login was refused: .*change the user in "hosts"\.$/,
    ],
    [
      'too many keys',
      'Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\nDisconnected from 10.0.0.1 port 22',
      HostError,
      /too many keys/,
    ],
    [
      'a name without an address',
      'ssh: Could not resolve hostname server: Name or service not known',
      HostError,
      /no address was found for the name server \(Name or service not known\)/,
    ],
    [
      'a closed port',
      'ssh: connect to host server port 2222: Connection refused',
      HostError,
      /port 2222 of server: Connection refused\. No SSH server listens .*the port in "hosts" right/,
    ],
    [
      'a host that is off',
      'ssh: connect to host server port 22: Connection timed out',
      HostError,
      /Connection timed out\. Is the server up/,
    ],
    [
      'no route',
      'ssh: connect to host server port 22: No route to host',
      HostError,
      /No route to host\. Is the server up/,
    ],
    [
      'a jump host that is off',
      'ssh: connect to host jump port 22: Connection timed out\nConnection closed by UNKNOWN port 65535',
      HostError,
      /: jump host jump: could not be reached: port 22 of jump/,
    ],
    [
      'a port that does not answer',
      'Connection timed out during banner exchange\nConnection to 10.0.0.1 port 22 timed out',
      HostError,
      /did not answer in time/,
    ],
    [
      'a port of another service',
      'kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port 80',
      HostError,
      /closed before the login/,
    ],
    [
      'a server that resets the connection',
      'kex_exchange_identification: read: Connection reset by peer\nConnection reset by 10.0.0.1 port 22',
      HostError,
      /fail2ban, MaxStartups/,
    ],
    [
      'a jump host that does not forward',
      'channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\nConnection closed by UNKNOWN port 65535',
      HostError,
      /the jump host refuses to forward the connection.*AllowTcpForwarding/,
    ],
    [
      'a jump host that cannot reach the server',
      'channel 0: open failed: connect failed: No route to host\nstdio forwarding failed\nConnection closed by UNKNOWN port 65535',
      HostError,
      /the jump host could not reach it: No route to host/,
    ],
    [
      'a server with old algorithms only',
      'Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss',
      HostError,
      /no SSH algorithm in common \(no matching host key type found\. Their offer: ssh-rsa,ssh-dss\)/,
    ],
    [
      'an unknown option in ssh-config',
      `/x/config: line ${userLineInConfig}: Bad configuration option: foo\n/x/config: terminating, 1 bad configuration options`,
      ConfigurationError,
      /^ssh-config: line 2: Bad configuration option: foo/,
    ],
    [
      'a jump host that jumps to itself',
      'jumphost loop via jump\nkex_exchange_identification: Connection closed by remote host',
      ConfigurationError,
      /^ssh-config: the ProxyJump for .*"Host jump"/,
    ],
    [
      'an unknown failure after a banner',
      'Welcome to the server\nsomething new',
      HostError,
      /ssh failed: something new$/,
    ],
    ['ssh without any output', '', HostError, /ssh failed: it printed nothing$/],
  ])('names %s as the cause', (_, stderr, kind, pattern) => {
    const error = sshLoginError(stderr.split('\n'), context);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(pattern);
    if (stderr !== '') expect(error.evidence).not.toEqual([]);
  });

  test('speaks of no jump host where there is none', () => {
    const direct = { ...context, settings: { ...context.settings, jumps: false } };
    const known = sshLoginError(
      ['No ED25519 host key is known for fd00::b and you have requested strict checking.'],
      direct,
    );
    expect(known.message).toMatch(/^known-hosts: no line is for fd00::b \(ssh:\/\/deploy@server\), which/);
    const refused = sshLoginError(['deploy@web.example.com: Permission denied (publickey).'], direct);
    expect(refused.message).toMatch(/deploy@server: the login was refused: .*change the user in "hosts"/);
  });

  test('names the certificate that was refused with the key', () => {
    const certificate = {
      key: 'SHA256:KEY',
      authority: 'SHA256:CA',
      id: 'ci',
      principals: ['ops', 'admin'],
      validUntil: '2030-01-02T03:04:05',
    };
    const refused = ['deploy@server: Permission denied (publickey).'];
    expect(sshLoginError(refused, { ...context, certificates: [certificate] }).message).toMatch(
      /accepts neither the key in "ssh-key" \(SHA256:KEY\) nor its certificate "ci" \(for ops, admin; valid until 2030-01-02T03:04:05 UTC\)\. .*authority SHA256:CA \(TrustedUserCAKeys\), and is deploy one of its principals/,
    );
    const forAll = { ...certificate, principals: [], validUntil: undefined };
    expect(sshLoginError(refused, { ...context, certificates: [forAll] }).message).toContain(
      '"ci" (for any user; valid for ever)',
    );
  });

  const closed =
    'kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535';
  test.each([
    [
      'that refuses a token',
      `failed to authenticate: no service token\n${closed}`,
      /: the ProxyCommand in "ssh-config" ended before the login: failed to authenticate: no service token\. .*"ssh-env"\.$/,
    ],
    [
      'whose program is missing',
      `/bin/sh: 1: exec: cloudflared: not found\n${closed}`,
      /ended before the login: \/bin\/sh: 1: exec: cloudflared: not found\. Install the program in an earlier step\.$/,
    ],
    [
      'that ends before ssh has said who it is',
      '/bin/sh: 1: exec: cloudflared: not found\nbanner exchange: Connection to UNKNOWN port 65535: Broken pipe',
      /ended before the login: \/bin\/sh: 1: exec: cloudflared: not found\. Install the program in an earlier step\.$/,
    ],
    ['that prints nothing', closed, /ended before the login, and printed nothing\./],
    [
      'that waits for somebody',
      'Open this address in a browser: \u001b[1mhttps://login.example.com\u001b[0m\nConnection timed out during banner exchange\nConnection to UNKNOWN port 65535 timed out',
      /reached no SSH server in time: Open this address in a browser: https:\/\/login\.example\.com\. /,
    ],
    [
      'that is an ssh whose login is refused',
      `me@bastion: Permission denied (publickey).\n${closed}`,
      /jump host bastion: the login was refused: the user me/,
    ],
  ])('repeats the last words of a ProxyCommand %s', (_, stderr, pattern) => {
    const settings = { ...context.settings, jumps: false, proxyCommand: 'tunnel %h' };
    const lines = stderr.split('\n');
    expect(sshLoginError(lines, { ...context, settings }).message).toMatch(pattern);
    expect(mayLoginPass(lines, { ...context, settings })).toBe(false);
  });

  test('shows the fingerprint of an unknown host key, if it is known', () => {
    const stderr = ['No ED25519 host key is known for server and you have requested strict checking.'];
    expect(sshLoginError(stderr, { ...context, offeredHostKey: 'ssh-ed25519 SHA256:X' }).message).toContain(
      'presents ssh-ed25519 SHA256:X.',
    );
  });

  test('says that the login itself worked for a user without a shell', () => {
    const error = sshLoginError(['This account is currently not available.'], { ...context, exitCode: 1 });
    expect(error.message).toMatch(
      /the login worked, but .*\("This account is currently not available\."\).*ForceCommand/,
    );
  });
});

describe('a login that failed', () => {
  test.each([
    [true, 'before the banner', 'kex_exchange_identification: Connection closed by remote host'],
    [true, 'by a reset', 'kex_exchange_identification: read: Connection reset by peer'],
    [true, 'in the key exchange', 'Connection closed by 10.0.0.1 port 22'],
    [
      true,
      'at the jump host',
      'kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port 22\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535',
    ],
    [
      false,
      'because the jump host refuses the key',
      'me@jump: Permission denied (publickey).\nkex_exchange_identification: Connection closed by remote host',
    ],
    [
      false,
      'because a host key is unknown',
      'No ED25519 host key is known for jump and you have requested strict checking.\nConnection closed by UNKNOWN port 65535',
    ],
    [false, 'because nobody listens', 'ssh: connect to host server port 22: Connection refused'],
  ])('may pass a moment later: %s for one that ended %s', (expected, _, stderr) => {
    expect(mayLoginPass(stderr.split('\n'), context)).toBe(expected);
  });
});

describe('the error for a shell that runs no command', () => {
  const shellError = (...lines: string[]) =>
    sshShellError({ name: context.name, user: 'deploy' }, ['Authenticated to server', ...lines], 20);

  test('says what it printed instead, and what its start-up files must do', () => {
    const error = shellError('Loading …', '\u001b[31mContinue?\u001b[0m');
    expect(error.message).toMatch(
      /^ssh:\/\/deploy@server: the login worked, but the shell of deploy did not run a command within 20 s\. It printed "Continue\?"\. Its start-up files .* must stay quiet .* not interactive\./,
    );
    expect(error.evidence).toHaveLength(2);
  });

  test('says that it printed nothing', () => {
    expect(shellError().message).toContain('It printed nothing.');
  });
});

describe('the error for a lost connection', () => {
  test.each([
    ['Timeout, server server not responding.', /the server did not answer for 15 s/],
    ['Connection to server closed by remote host.', /the server closed it/],
    ['client_loop: send disconnect: Broken pipe', /the server closed it/],
    ['', /: ssh ended with exit code 1\.$/],
  ])('explains the line "%s" of ssh', (line, pattern) => {
    expect(sshLostError([line], context.name, 'ended with exit code 1').message).toMatch(pattern);
  });
});

describe('the error for an unreachable engine behind SSH', () => {
  const prohibited = 'channel 3: open failed: administratively prohibited: open failed';
  const failed = 'channel 3: open failed: connect failed: open failed';
  test.each([
    [
      'an engine that is stopped',
      failed,
      'failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: no such file or directory',
      /not running there\. Start it/,
    ],
    [
      'an engine that is stopped, in the words of Docker 20',
      failed,
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      /not running there\. Start it/,
    ],
    [
      'a user who may not use Docker',
      failed,
      'dial unix /var/run/docker.sock: connect: permission denied',
      /deploy may not use Docker there.*usermod -aG docker deploy/,
    ],
    [
      'a server without Docker',
      failed,
      'bash: line 1: docker: command not found',
      /Docker was not found there/,
    ],
    [
      'a server without Docker, in the words of dash',
      failed,
      'sh: 1: docker: not found',
      /Docker was not found there/,
    ],
    [
      'refused forwarding and a missing docker command',
      prohibited,
      'bash: line 1: docker: command not found',
      /refuses to forward.*AllowStreamLocalForwarding.*no docker command/,
    ],
    [
      'a refused second session',
      prohibited,
      'mux_client_request_session: session request failed: Session open refused by peer',
      /no second session \(MaxSessions\)\. Allow two sessions or more/,
    ],
  ])('names %s as the cause', (_, forwarding, dialing, pattern) => {
    const address = {
      kind: 'ssh',
      name: context.name,
      user: 'deploy',
      hostname: 'server',
      port: undefined,
    } as const;
    const error = sshEngineError(
      address,
      { forwarding: [forwarding], dialing: [dialing] },
      new Error('broken'),
    );
    expect(error.message).toMatch(pattern);
    expect(error.evidence).toEqual([forwarding, dialing]);
  });
});
