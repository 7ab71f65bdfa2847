import { describe, expect, test } from '@jest/globals';
import { renderSshConfig } from '../../src/engine/ssh-config.ts';
import { sshEngineError } from '../../src/engine/ssh-engine-error.ts';
import { type SshLoginContext, sshLoginError, sshLostError } from '../../src/engine/ssh-errors.ts';
import { ConfigurationError, HostError } from '../../src/model/errors.ts';

const context: SshLoginContext = {
  name: 'ssh://deploy@server',
  hostname: 'server',
  keys: ['256 SHA256:KEY deploy (ED25519)'],
  offeredHostKey: undefined,
  config: renderSshConfig('Compression yes\nFoo bar', { knownHosts: '/k', agentSocket: '/a' }),
  exitCode: 255,
};
const userLineInConfig = context.config.split('\n').indexOf('Foo bar') + 1;

/** What OpenSSH 9.2 says, and what a person reads. */
describe('a login that fails is explained', () => {
  test.each<readonly [string, string, typeof HostError | typeof ConfigurationError, RegExp]>([
    [
      'an unknown host key',
      'No ED25519 host key is known for [server]:2222 and you have requested strict checking.\nHost key verification failed.',
      ConfigurationError,
      /^known-hosts: no line is for \[server\]:2222 .*a key of the type ED25519\..*ssh-keyscan -p 2222 server".*Nothing was trusted\.$/,
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
      /the user deploy does not accept the key in ssh-key \(SHA256:KEY\)/,
    ],
    [
      'a key that the jump host does not accept',
      'me@jump: Permission denied (publickey).\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535',
      HostError,
      /on the way there, at jump, the login was refused: the user me/,
    ],
    [
      'too many keys',
      'Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\nDisconnected from 10.0.0.1 port 22',
      HostError,
      /too many keys/,
    ],
    [
      'a name that is not known',
      'ssh: Could not resolve hostname server: Name or service not known',
      HostError,
      /no address was found for the name server \(Name or service not known\)/,
    ],
    [
      'a closed port',
      'ssh: connect to host server port 2222: Connection refused',
      HostError,
      /port 2222 of server: Connection refused\. No SSH server listens/,
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
      /on the way there, at jump, could not be reached/,
    ],
    [
      'a silent port',
      'Connection timed out during banner exchange\nConnection to 10.0.0.1 port 22 timed out',
      HostError,
      /did not answer in time/,
    ],
    [
      'a port of something else',
      'kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.1 port 80',
      HostError,
      /closed before the login/,
    ],
    [
      'a server that drops',
      'kex_exchange_identification: read: Connection reset by peer\nConnection reset by 10.0.0.1 port 22',
      HostError,
      /fail2ban, MaxStartups/,
    ],
    [
      'a jump host that does not forward',
      'channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\nConnection closed by UNKNOWN port 65535',
      HostError,
      /the jump host refuses to pass the connection on.*AllowTcpForwarding/,
    ],
    [
      'a jump host that cannot reach the server',
      'channel 0: open failed: connect failed: No route to host\nstdio forwarding failed\nConnection closed by UNKNOWN port 65535',
      HostError,
      /the jump host could not reach it: No route to host/,
    ],
    [
      'old ciphers',
      'Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss',
      HostError,
      /no way to encrypt in common: no matching host key type found\. Their offer: ssh-rsa,ssh-dss/,
    ],
    [
      'a wrong option',
      `/x/config: line ${userLineInConfig}: Bad configuration option: foo\n/x/config: terminating, 1 bad configuration options`,
      ConfigurationError,
      /^ssh-config: line 2: Bad configuration option: foo/,
    ],
    [
      'a jump to itself',
      'jumphost loop via jump\nkex_exchange_identification: Connection closed by remote host',
      ConfigurationError,
      /^ssh-config: ProxyJump for .*"Host jump"/,
    ],
    [
      'a banner and an unknown failure',
      'Welcome to the server\nsomething new',
      HostError,
      /ssh failed: something new$/,
    ],
    ['silence', '', HostError, /ssh failed: it said nothing$/],
  ])('%s', (_, said, kind, pattern) => {
    const error = sshLoginError(said.split('\n'), context);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(pattern);
    if (said !== '') expect(error.evidence).not.toEqual([]);
  });

  test('the fingerprint of an unknown host is shown where it is known', () => {
    const said = ['No ED25519 host key is known for server and you have requested strict checking.'];
    expect(sshLoginError(said, { ...context, offeredHostKey: 'ssh-ed25519 SHA256:X' }).message).toContain(
      'shows ssh-ed25519 SHA256:X.',
    );
  });

  test('a user without a shell', () => {
    const error = sshLoginError(['This account is currently not available.'], { ...context, exitCode: 1 });
    expect(error.message).toMatch(
      /the login worked, but .*\("This account is currently not available\."\).*ForceCommand/,
    );
  });
});

describe('a connection that ends is explained', () => {
  test.each([
    ['Timeout, server server not responding.', /the server did not answer for 15 s/],
    ['Connection to server closed by remote host.', /the server closed it/],
    ['client_loop: send disconnect: Broken pipe', /the server closed it/],
    ['', /: ssh ended with exit code 1\.$/],
  ])('%s', (line, pattern) => {
    expect(sshLostError([line], context.name, 'ended with exit code 1').message).toMatch(pattern);
  });
});

describe('an engine that is not reached behind SSH is explained', () => {
  const prohibited = 'channel 3: open failed: administratively prohibited: open failed';
  const failed = 'channel 3: open failed: connect failed: open failed';
  test.each([
    [
      'stopped',
      failed,
      'failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: no such file or directory',
      /not running there\. Start it/,
    ],
    [
      'stopped, as Docker 20 says it',
      failed,
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      /not running there\. Start it/,
    ],
    [
      'not allowed',
      failed,
      'dial unix /var/run/docker.sock: connect: permission denied',
      /deploy may not use Docker there.*usermod -aG docker deploy/,
    ],
    ['not installed', failed, 'bash: line 1: docker: command not found', /Docker was not found there/],
    ['not installed, as dash says it', failed, 'sh: 1: docker: not found', /Docker was not found there/],
    [
      'refused both ways',
      prohibited,
      'bash: line 1: docker: command not found',
      /refuses to forward.*AllowStreamLocalForwarding.*no docker command/,
    ],
    [
      'refused a session',
      prohibited,
      'mux_client_request_session: session request failed: Session open refused by peer',
      /no second session \(MaxSessions\)/,
    ],
  ])('%s', (_, forwarding, dialing, pattern) => {
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
