import { expect, test } from '@jest/globals';
import { type EdgeSpec, edgeFingerprint } from '../../src/edge/edge-spec.ts';
import { addressFile } from '../../src/edge/layout.ts';
import { tcpEdgeConfig, tcpEdgeFiles } from '../../src/edge/tcp-edge-config.ts';
import { tcpEdgeContainerSpec } from '../../src/edge/tcp-edge-container.ts';

const APP = { app: 'shop', environment: 'production' };
const port = (number: number) => [{ address: undefined, port: number }];
const web = { id: '80', published: port(80), socket: false };
const database = { id: '5432', published: port(5432), socket: false, protocol: 'tcp' as const };
const mail = {
  ...{ id: '993', published: port(993), socket: false, protocol: 'tls' as const },
  sendProxy: true as const,
};
const spec = (...routes: EdgeSpec['routes'][number][]): EdgeSpec => ({ ...APP, routes });

test('the config has a frontend for each port that is passed through, and asks the script where a connection goes', () => {
  expect(tcpEdgeConfig(spec(web, mail, database), '/sealift/edge/edge-tcp.cfg.lua')).toMatchSnapshot();
});

test('connections from trusted proxies begin with the PROXY protocol, all others do not', () => {
  const trusted = { ranges: ['10.0.0.0/8', '2001:db8::/32'], proxyProtocol: true };
  const config = tcpEdgeConfig({ ...spec(database), trustedProxies: trusted }, '/x.lua');
  expect(config.match(/expect-proxy.*/g)).toEqual([
    'expect-proxy layer4 if { src 10.0.0.0/8 }',
    'expect-proxy layer4 if { src 2001:db8::/32 }',
  ]);
  const byHeaders = { ...spec(database), trustedProxies: { ...trusted, proxyProtocol: false } };
  expect(tcpEdgeConfig(byHeaders, '/x.lua')).not.toContain('expect-proxy');
});

test('the script builds the names of address files as they are written', () => {
  const script = tcpEdgeFiles(spec(database), 'edge-tcp.cfg').get('edge-tcp.cfg.lua') ?? '';
  const expression = /line_of\((slot .*)\):match/.exec(script)?.[1] ?? '';
  const values: Readonly<Record<string, string>> = { slot: 'blue', route: '5432', turn: '7' };
  const built = expression.split(' .. ').map((part) => values[part] ?? part.replaceAll('"', ''));
  expect(built.join('')).toBe(addressFile('blue', '5432', 7));
});

test('its container publishes these ports alone, reads the volume and can do nothing else', () => {
  const container = tcpEdgeContainerSpec(spec(web, database), 'haproxy:3', 'edge-tcp.cfg', { role: 'x' });
  expect(container).toMatchSnapshot();
});

test('an app without such ports has the same edge as ever; another such port is another TCP edge and the same Caddy', () => {
  const [caddy] = edgeFingerprint(spec(web)).split('+');
  expect(edgeFingerprint(spec(web))).toBe(caddy);
  const [sameCaddy, tcp] = edgeFingerprint(spec(web, database)).split('+');
  expect(sameCaddy).toBe(caddy);
  expect(edgeFingerprint(spec(web, mail)).split('+')[1]).not.toBe(tcp);
  // Behind nothing but a published port, nobody reaches it.
  expect(edgeFingerprint(spec(web, { ...database, published: [] }))).toBe(caddy);
});
