import { describe, expect, test } from '@jest/globals';
import { isHttpPort, routeProtocolOf, whyNotHttp } from '../../../src/release/compose/port-protocol.ts';
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
    expect(isHttpPort(port({ appProtocol }))).toBe(true);
    expect(routeProtocolOf(port({ appProtocol }))).toBe(protocol);
  });

  test.each(['tcp', 'mysql', 'redis', 'constructor'])('with app_protocol %s is no route', (appProtocol) => {
    expect(whyNotHttp(port({ appProtocol }))).toBe(`port 3000 has app_protocol: ${appProtocol}`);
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
