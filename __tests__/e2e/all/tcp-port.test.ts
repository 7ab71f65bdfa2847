/** Ports that are not HTTP are passed through by the TCP edge: a deploy loses no connection. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { labWith, serverOf } from '../../support/lab.ts';
import { until } from '../../support/patience.ts';
import { HOPELESS } from '../../support/reachable-app.ts';
import { TcpVisitors, tcpApp } from '../../support/tcp-app.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const server = serverOf(lab);
const tcp = tcpApp(lab);
const edges = async (): Promise<readonly string[]> =>
  Object.keys(await tcp.app.containers()).filter((name) => name.includes('-edge'));

/** Who is greeted first, second, …: each version once for every time that it took over. */
const turns = (greetings: readonly string[]): readonly string[] =>
  greetings.filter((each, index) => each !== greetings[index - 1]);

test('the first deploy has a TCP edge beside its edge, and the log says that connections are passed through', async () => {
  const { log } = succeeded(await tcp.deploy({ VERSION: 'v1' }));
  expect(await tcp.greeting()).toBe('v1');
  expect(await edges()).toEqual([expect.stringMatching(/-edge$/), expect.stringMatching(/-edge-tcp$/)]);
  expect(log).toContain('game: served');
});

test('a deploy loses no connection and sends nobody back; one that is open stays as long as the drain lasts, and is counted', async () => {
  await using visitors = new TcpVisitors(tcp, 2);
  const { socket, greeting } = await tcp.open();
  expect(greeting).toBe('v1');
  const closed = once(socket, 'close');
  const echo = async (): Promise<string> => {
    socket.write('still here\n');
    return String((await once(socket, 'data'))[0]);
  };
  const run = tcp.deploy({ VERSION: 'v2' }, { 'drain-timeout': '6s' });
  await until('new connections reach v2', async () => (await tcp.greeting()) === 'v2');
  expect(await echo()).toBe('still here\n');
  const { log } = succeeded(await run);
  expect(log).toMatch(/1 request was still in flight when the drain ended/);
  await closed;
  await visitors[Symbol.asyncDispose]();
  expect(visitors.failures).toEqual([]);
  expect(turns(visitors.greetings)).toEqual(['v1', 'v2']);
});

test('a release that accepts no connection at its port is not accepted, and the old one serves on', async () => {
  const before = await tcp.greeting();
  const run = await tcp.deploy({ VERSION: 'v3', ADDRESS: '127.0.0.1' }, HOPELESS);
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toMatch(/game.*6000.*connection refused/s);
  expect(await tcp.greeting()).toBe(before);
});

test('a rollback and a deploy that fails lose no connection', async () => {
  await using visitors = new TcpVisitors(tcp, 2);
  succeeded(await tcp.app.rollback({ 'drain-timeout': '1s' }));
  expect(await tcp.greeting()).toBe('v1');
  const failed = await tcp.deploy(
    { VERSION: 'v3' },
    { url: `http://${server.address}:1/`, 'url-timeout': '1s', 'drain-timeout': '1s' },
  );
  expect(failed.succeeded).toBe(false);
  expect(await tcp.greeting()).toBe('v1');
  await visitors[Symbol.asyncDispose]();
  expect(visitors.failures).toEqual([]);
});

test('replicas are rolled one after the other, and connections reach all of them', async () => {
  succeeded(await tcp.deploy({ VERSION: 'v4', REPLICAS: '2' }, { 'drain-timeout': '1s' }));
  await using visitors = new TcpVisitors(tcp, 2);
  const rolling = { strategy: 'rolling', 'drain-timeout': '1s' };
  succeeded(await tcp.deploy({ VERSION: 'v5', REPLICAS: '2' }, rolling));
  expect(await tcp.greeting()).toBe('v5');
  await visitors[Symbol.asyncDispose]();
  expect(visitors.failures).toEqual([]);
});

test('in a canary, an address stays on one release: a visitor sees a release for all its connections', async () => {
  const run = tcp.deploy(
    { VERSION: 'v6', REPLICAS: '2' },
    { strategy: 'canary', canary: '50% 5s, 100%', 'drain-timeout': '1s' },
  );
  await using visitors = new TcpVisitors(tcp, 1);
  succeeded(await run);
  await visitors[Symbol.asyncDispose]();
  expect(visitors.failures).toEqual([]);
  // One address is on the canary from its first step on, or joins with the last one; it never goes back.
  expect(turns(visitors.greetings)).toEqual(['v5', 'v6']);
});

test('where the file asks for it, the app hears of its visitor by the PROXY protocol; without, it sees the TCP edge', async () => {
  const run = await tcp.deploy(
    { VERSION: 'v7', PROTOCOL: 'tcp+proxy', PROXY: '1' },
    { 'drain-timeout': '1s' },
  );
  succeeded(run);
  const [version, address] = (await tcp.greeting()).split(' ');
  expect(version).toBe('v7');
  const { socket } = await tcp.open();
  expect(address).toBe(socket.localAddress);
  socket.destroy();
});

test('a trusted proxy says who the visitor is by the PROXY protocol', async () => {
  const { socket } = await tcp.open();
  const own = socket.localAddress;
  socket.destroy();
  const trusted = { 'trusted-proxies': `${own}/32`, 'proxy-protocol': 'true', 'drain-timeout': '1s' };
  succeeded(await tcp.deploy({ VERSION: 'v8', PROTOCOL: 'tcp+proxy', PROXY: '1' }, trusted));
  const balancer = connect({ host: server.address, port: tcp.app.port });
  balancer.write(`PROXY TCP4 203.0.113.7 ${server.address} 50000 ${tcp.app.port}\r\n`);
  const [greeting] = await once(balancer, 'data');
  balancer.destroy();
  expect(String(greeting).trim()).toBe('v8 203.0.113.7');
});
