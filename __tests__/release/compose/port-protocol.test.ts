import { describe, expect, test } from '@jest/globals';
import { isTlsPort, routeProtocolOf, whyNotHttp } from '../../../src/release/compose/port-protocol.ts';
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
    expect(whyNotHttp(port({ appProtocol }), {})).toBeUndefined();
    expect(routeProtocolOf(port({ appProtocol }))).toBe(protocol);
  });

  test.each(['tcp', 'mysql', 'redis', 'constructor'])('with app_protocol %s is no route', (appProtocol) => {
    expect(whyNotHttp(port({ appProtocol }), {})).toBe(`port 3000 has app_protocol: ${appProtocol}`);
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
    expect(whyNotHttp(port({ target }), service)).toBe(
      `port ${target} speaks TLS (if it speaks plain HTTP, set app_protocol: http)`,
    );
    expect(whyNotHttp(port({ target, appProtocol: 'http' }), service)).toBeUndefined();
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

  test.each(['https', 'tls', 'wss'])('with app_protocol %s', (appProtocol) => {
    expect(isTlsPort(port({ appProtocol }), {})).toBe(true);
    expect(whyNotHttp(port({ appProtocol }), {})).toBe(`port 3000 has app_protocol: ${appProtocol}`);
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
