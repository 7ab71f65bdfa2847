import { expect, test } from '@jest/globals';
import { publishesPortsItself, selfPublishedPorts } from '../../../src/release/compose/self-published.ts';
import { splitProject } from '../../../src/release/compose/split-project.ts';
import { APP, recorded } from '../../support/compose/fixtures.ts';

type Subject = Parameters<typeof publishesPortsItself>[0];

/** The release of one service with these ports; the fixture is a file whose service is exclusive by what a test gives it. */
function release(ports: readonly unknown[], edge: 'caddy' | 'none' = 'caddy', more = {}): Subject {
  const resolved = recorded('wordpress');
  const services = {
    ...resolved.config.services,
    wordpress: { ...resolved.config.services['wordpress'], ports, ...more },
  };
  const split = splitProject({ ...resolved, config: { ...resolved.config, services } }, APP, new Map(), edge);
  return split as unknown as Subject;
}
const tcp = (target: number, more = {}) => ({ target, published: String(target), protocol: 'tcp', ...more });

test('an exclusive service publishes its TCP ports itself, each once, some of which speak TLS', () => {
  const udp = { target: 53, published: '53', protocol: 'udp' };
  const made = release([
    tcp(80),
    tcp(443),
    tcp(443, { published: '8443' }),
    tcp(6000, { app_protocol: 'tcp' }),
    udp,
  ]);
  expect(selfPublishedPorts(made, 'wordpress')).toEqual([
    { port: 80, protocol: 'http' },
    { port: 443, protocol: 'tls' },
    { port: 6000, protocol: 'tcp' },
  ]);
  expect(publishesPortsItself(made)).toBe(true);
});

test('a service behind the edge publishes none itself, and without an edge each with a host port does', () => {
  expect(publishesPortsItself(release([tcp(80)]))).toBe(false);
  const plain = [tcp(80), tcp(8443), tcp(50051, { app_protocol: 'grpc' })];
  expect(selfPublishedPorts(release(plain, 'none'), 'wordpress')).toEqual([
    { port: 80, protocol: 'http' },
    { port: 8443, protocol: 'tls' },
    { port: 50051, protocol: 'tcp' },
  ]);
});
