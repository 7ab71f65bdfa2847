import { describe, expect, test } from '@jest/globals';
import {
  isTlsPort,
  routeProtocolOf,
  wantsProxyProtocol,
  whyNotThroughEdge,
  whyStream,
} from '../../../src/release/compose/port-protocol.ts';
import type { Port } from '../../../src/release/compose/service.ts';
import { splitProject } from '../../../src/release/compose/split-project.ts';
import { APP, recorded } from '../../support/compose/fixtures.ts';

const port = (changes: Partial<Port> = {}): Port => ({
  ...{ target: 3000, published: '8080', address: undefined, protocol: 'tcp', appProtocol: undefined },
  ...changes,
});

describe('a port', () => {
  test.each([
    [undefined, undefined],
    ['http', undefined],
    ['http/1.1', undefined],
    ['ws', undefined],
    ['kubernetes.io/ws', undefined],
    ['grpc-web', undefined],
    ['h2c', 'h2c'],
    ['http2', 'h2c'],
    ['kubernetes.io/h2c', 'h2c'],
    ['grpc', 'grpc'],
  ])('with app_protocol %s is a route to which the edge speaks %s', (appProtocol, protocol) => {
    expect(whyStream(port({ appProtocol }), {})).toBeUndefined();
    expect(routeProtocolOf(port({ appProtocol }), {})).toBe(protocol);
  });

  test.each(['tcp', 'mysql', 'redis', 'constructor', 'tcp+proxy', 'http+proxy'])(
    'with app_protocol %s is passed through',
    (appProtocol) => {
      expect(whyStream(port({ appProtocol }), {})).toBe(`port 3000 has app_protocol: ${appProtocol}`);
      expect(routeProtocolOf(port({ appProtocol }), {})).toBe('tcp');
    },
  );

  test('of a well-known database is passed through', () => {
    expect(whyStream(port({ target: 5432 }), {})).toBe("port 5432 is PostgreSQL's");
    expect(routeProtocolOf(port({ target: 5432 }), {})).toBe('tcp');
    expect(whyNotThroughEdge(port({ target: 5432 }), {})).toBeUndefined();
  });

  test.each([
    [{ protocol: 'udp' }, 'port 3000/udp is not TCP'],
    [{ published: '8000-8010' }, 'port 3000 is published on a range (8000-8010)'],
    [{ target: 6379, published: undefined }, 'port 6379 is published on any free port of the host'],
  ])('with %p is published by its service', (changes, why) => {
    expect(whyNotThroughEdge(port(changes), {})).toBe(why);
  });

  test.each([
    ['tcp', false],
    ['tcp+proxy', true],
    ['tls+proxy', true],
    [undefined, false],
  ])('with app_protocol %s gets the PROXY protocol: %p', (appProtocol, wants) => {
    expect(wantsProxyProtocol(port({ appProtocol }))).toBe(wants);
  });
});

describe('a port speaks TLS', () => {
  const asks = (test: unknown) => ({ healthcheck: { test } });

  test.each([
    [443, {}],
    [8443, {}],
    [9000, asks(['CMD-SHELL', 'curl -kf https://localhost:9000/up || exit 1'])],
    [9000, asks('wget --no-check-certificate -qO- HTTPS://127.0.0.1:9000')],
    [9000, asks(['CMD', 'curl', 'https://[::1]:9000/'])],
  ])('if it is %p and the service has %p', (target, service) => {
    expect(whyStream(port({ target }), service)).toBe(`port ${target} speaks TLS`);
    expect(whyStream(port({ target, appProtocol: 'http' }), service)).toBeUndefined();
  });

  test.each([
    [8080, {}],
    [9000, asks(['CMD', 'curl', 'http://localhost:9000'])],
    [9000, asks(['CMD', 'curl', 'https://localhost:9001'])],
    [9000, asks(['CMD', 'curl', 'https://localhost:90001'])],
    [9000, asks(['CMD', 'curl', 'https://api.example.com:9000'])],
    [9000, { healthcheck: { test: ['CMD', 'curl', 'https://localhost:9000'], disable: true } }],
    [9000, { healthcheck: null }],
  ])('not if it is %p and the service has %p', (target, service) => {
    expect(isTlsPort(port({ target }), service)).toBe(false);
  });

  test.each(['https', 'tls', 'wss', 'tls+proxy'])('with app_protocol %s', (appProtocol) => {
    expect(isTlsPort(port({ appProtocol }), {})).toBe(true);
    expect(routeProtocolOf(port({ appProtocol }), {})).toBe('tls');
  });
});

test('a container port that is published with two protocols is refused', () => {
  const resolved = recorded('wordpress');
  const { wordpress } = resolved.config.services;
  const ports = [
    { target: 80, published: '8080', protocol: 'tcp' },
    { target: 80, published: '8081', protocol: 'tcp', app_protocol: 'h2c' },
  ];
  const services = { ...resolved.config.services, wordpress: { ...wordpress, ports } };
  expect(() =>
    splitProject({ ...resolved, config: { ...resolved.config, services } }, APP, new Map(), 'caddy'),
  ).toThrow('port 80 of service wordpress is published with several values of app_protocol');
});
