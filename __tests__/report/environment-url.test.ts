import { expect, test } from '@jest/globals';
import { parseHostAddress } from '../../src/model/host-address.ts';
import type { PublishedPort, Route } from '../../src/model/route.ts';
import { releaseUrl } from '../../src/report/environment-url.ts';

const route = (published: readonly PublishedPort[], domains: readonly string[] = []): Route => ({
  ...{ id: '1', service: 'web', containerPort: 3000, published, domains },
});
const port = (number: number, address?: string): PublishedPort => ({ address, port: number });

test.each<[string, readonly Route[], string, string | undefined]>([
  [
    'its first domain',
    [route([port(80)]), route([], ['a.test', 'b.test'])],
    'ssh://deploy@one.test',
    'https://a.test',
  ],
  [
    'its first port on the first host',
    [route([port(8080)])],
    'ssh://deploy@one.test:2222',
    'http://one.test:8080',
  ],
  ['the port 80 without a number', [route([port(80)])], 'tcp://10.0.0.5:2376', 'http://10.0.0.5'],
  ['an IPv6 address in brackets', [route([port(80, '::')])], 'ssh://[2001:db8::1]', 'http://[2001:db8::1]'],
  [
    'the address that a port is published on',
    [route([port(81, '10.1.1.1')])],
    'unix:///d.sock',
    'http://10.1.1.1:81',
  ],
  [
    'nothing for a port that only the host reaches',
    [route([port(80, '127.0.0.1')])],
    'ssh://one.test',
    undefined,
  ],
  ['nothing for a socket, which has no address', [route([port(80)])], 'unix:///d.sock', undefined],
  ['nothing without a route', [], 'ssh://one.test', undefined],
])('the URL of a release is %s', (_, routes, host, expected) => {
  expect(releaseUrl({ routes }, [parseHostAddress(host), parseHostAddress('ssh://two.test')])).toBe(expected);
});
