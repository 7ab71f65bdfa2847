import { describe, expect, test } from '@jest/globals';
import { ConfigurationError } from '../../src/model/errors.ts';
import { parseHostAddress } from '../../src/model/host-address.ts';

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('parseHostAddress', () => {
  test.each([
    [
      'ssh://deploy@server.example.com',
      {
        name: 'ssh://deploy@server.example.com',
        user: 'deploy',
        hostname: 'server.example.com',
        port: undefined,
      },
    ],
    ['ssh://deploy@server.example.com:22', { name: 'ssh://deploy@server.example.com', port: 22 }],
    ['SSH://deploy@Server.Example.com:2222/', { name: 'ssh://deploy@server.example.com:2222', port: 2222 }],
    ['ssh://server', { name: 'ssh://server', user: undefined, hostname: 'server' }],
    [
      'ssh://deploy@[2001:DB8::1]:2222',
      { name: 'ssh://deploy@[2001:db8::1]:2222', hostname: '2001:db8::1', port: 2222 },
    ],
    ['ssh://[FD00:0:0::b]', { name: 'ssh://[fd00::b]', hostname: 'fd00::b' }],
    ['ssh://deploy@[fe80::1%eth0]', { name: 'ssh://deploy@[fe80::1%eth0]', hostname: 'fe80::1%eth0' }],
    ['ssh://first.last@10.0.0.1', { user: 'first.last', hostname: '10.0.0.1' }],
    ['ssh://me%40corp@10.0.0.1', { user: 'me@corp' }],
    [' ssh://deploy@bastion_alias ', { kind: 'ssh', hostname: 'bastion_alias' }],
  ])('reads %s as a host over SSH', (line, expected) => {
    expect(parseHostAddress(line)).toMatchObject({ kind: 'ssh', ...expected });
  });

  test.each([
    [
      'tcp://server.example.com',
      { name: 'tcp://server.example.com:2376', hostname: 'server.example.com', port: 2376 },
    ],
    ['tcp://10.0.0.1:2400/', { name: 'tcp://10.0.0.1:2400', port: 2400 }],
    ['tcp://[::1]', { name: 'tcp://[::1]:2376', hostname: '::1' }],
  ])('reads %s as a host over TCP', (line, expected) => {
    expect(parseHostAddress(line)).toMatchObject({ kind: 'tcp', ...expected });
  });

  test.each([
    ['unix:///var/run/docker.sock', '/var/run/docker.sock'],
    ['unix:////run//docker.sock', '/run/docker.sock'],
  ])('reads %s as an engine on this machine', (line, path) => {
    expect(parseHostAddress(line)).toEqual({ kind: 'unix', name: `unix://${path}`, path });
  });

  test.each([
    ['server.example.com', 'Write ssh://user@server.example.com.'],
    ['deploy@server.example.com', 'Write ssh://deploy@server.example.com.'],
    ['deploy@server.example.com:2222', 'Write ssh://deploy@server.example.com:2222.'],
    ['/var/run/docker.sock', 'Write unix:///var/run/docker.sock.'],
    ['unix://run/docker.sock', 'three slashes'],
    [`unix:///${'a'.repeat(110)}`, 'more than 107 bytes'],
    ['https://server', 'An engine over TCP with TLS is tcp://host:2376.'],
    ['npipe:////./pipe/docker_engine', 'the unknown scheme npipe://'],
    ['ssh://', 'names no host'],
    ['ssh://deploy@', 'names no host'],
    ['ssh://deploy@server:0', 'no valid port'],
    ['ssh://deploy@server:65536', 'no valid port'],
    ['ssh://deploy@server:', 'no valid port'],
    ['fd00::b', 'is not a URL. Write ssh://user@[fd00::b].'],
    ['deploy@fd00::b', 'is not a URL. Write ssh://deploy@[fd00::b].'],
    ['[fd00::b]', 'is not a URL. Write ssh://user@[fd00::b].'],
    ['ssh://2001:db8::1', 'has an IPv6 address that is not between brackets. Write ssh://[2001:db8::1].'],
    ['ssh://deploy@fd00::b', 'Write ssh://deploy@[fd00::b].'],
    ['ssh://::1', 'Write ssh://[::1].'],
    ['tcp://fd00::b', 'Write tcp://[fd00::b].'],
    ['ssh://[2001:db8::zz]', 'no valid IPv6 address'],
    ['ssh://deploy@server/var/run/docker.sock', 'has a path. Write only ssh://user@host:port'],
    ['ssh://-oProxyCommand=x@server', 'no valid user'],
    ['ssh://deploy@-oProxyCommand=x', 'names no valid host'],
    ['ssh://@server', 'no valid user'],
    ['ssh://%zz@server', 'invalid %-escape'],
    ['tcp://me@server', 'an engine over TCP has none'],
    ['tcp://server:2376/path', 'has a path'],
  ])('refuses %s and says what to write', (line, advice) => {
    const parse = () => parseHostAddress(line);
    expect(parse).toThrow(ConfigurationError);
    expect(parse).toThrow(/^hosts: "/);
    expect(parse).toThrow(advice);
  });

  test('what a bare IPv6 address is told to be is accepted', () => {
    for (const line of ['fd00::b', 'ssh://deploy@fd00::b', 'tcp://fd00::b']) {
      const advice = /Write (?<url>\S+)\.$/.exec(String(thrown(() => parseHostAddress(line))))?.groups?.[
        'url'
      ];
      expect(parseHostAddress(advice ?? '').name).toContain('[fd00::b]');
    }
  });

  test.each([
    'ssh://deploy:s3cret@server',
    'ssh://deploy:s3cret@fd00::b',
    'ssh://deploy:s3cret/x@server',
    'deploy:s3cret@server',
    'tcp://deploy:s3c@s3cret@server:1',
  ])('refuses a password and does not repeat it: %s', (line) => {
    try {
      parseHostAddress(line);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(String(error)).not.toContain('s3c');
      return;
    }
    throw new Error('The address was accepted.');
  });
});
