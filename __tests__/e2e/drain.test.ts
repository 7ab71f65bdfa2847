/** What the old release was still answering: it ends there, or is cut when its time is over, and counted. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { AppInVersions } from '../support/app-in-versions.ts';
import { ask } from '../support/http.ts';
import { readLab } from '../support/lab.ts';
import { type Load, startLoad } from '../support/load/load.ts';
import type { LogLine } from '../support/runner/log.ts';
import { reportOf, succeeded, type TestApp } from '../support/test-app.ts';

const lab = readLab();
const STRATEGIES = ['blue-green', 'rolling', 'canary'];

let app: TestApp;
let versions: AppInVersions;
let load: Load;

beforeAll(async () => {
  versions = await AppInVersions.begin({
    lab,
    stem: 'drain',
    service: { deploy: { replicas: 2, update_config: { parallelism: 2, order: 'start-first' } } },
  });
  ({ app } = versions);
}, 180_000);
afterAll(() => app.remove());
afterEach(() => load.stop());

/** A WebSocket to the app, which repeats what it is told, after its version. */
async function openSocket(): Promise<{
  readonly closed: Promise<unknown>;
  echo(): Promise<string>;
  close(): void;
}> {
  const socket = new WebSocket(app.url().replace('http', 'ws'));
  const closed = once(socket, 'close');
  await once(socket, 'open');
  return {
    closed,
    async echo() {
      const answer = once(socket, 'message');
      socket.send('who');
      const [{ data }] = await answer;
      return String(data);
    },
    close: () => socket.close(),
  };
}

/** Does something once all visitors are on the new release. */
function onceMoved<T>(what: () => Promise<T>): { see(line: LogLine): void; done(): Promise<T> } {
  let begun: Promise<T> | undefined;
  return {
    see({ text }) {
      if (/✓ .* switch traffic to/.test(text)) begun ??= what();
    },
    done() {
      if (begun === undefined) throw new Error('The log did not tell of a switch.');
      return begun;
    },
  };
}

describe.each(STRATEGIES)('%s', (strategy) => {
  const steps = { canary: '50% 1s, 100%', 'canary-max-latency-ratio': '100' };
  const inputs = { strategy, ...(strategy === 'canary' ? steps : {}) };

  test('a WebSocket stays with the release that it met until the time to drain is over, and is counted then', async () => {
    load = startLoad(app.url(), { visitors: 1, pause: 50 });
    const socket = await openSocket();
    expect(await socket.echo()).toBe(`${versions.live}:who`);
    const moved = onceMoved(() => socket.echo());
    const within = { ...inputs, 'drain-timeout': '3s' };
    const run = succeeded(await versions.deploy({}, within, { onLine: moved.see }));
    expect(await moved.done()).toBe(`${versions.live}:who`);
    expect(run.log).toMatch(/drain .* [3-9](\.\d)?s {2}1 request was still in flight and is cut/);
    await socket.closed;
    versions.stays();
    expect((await load.stop()).failures).toEqual([]);
  });

  test('a WebSocket and an event stream that end are waited for, and no longer', async () => {
    load = startLoad(app.url(), { visitors: 1, pause: 50 });
    const { live } = versions;
    const containers = Object.entries(await app.containers());
    const [old] = containers.find(([name, state]) => /-web-1$/.test(name) && state === 'running') ?? [];
    const socket = await openSocket();
    const events = ask(app.url('/events?count=50&ms=200'));
    const moved = onceMoved(async () => {
      const { body } = await events;
      const last = await socket.echo();
      socket.close();
      return { body, last, at: Date.now() };
    });
    const within = { ...inputs, 'drain-timeout': '90s' };
    const run = succeeded(await versions.deploy({}, within, { onLine: moved.see }));
    versions.stays();
    const { body, last, at } = await moved.done();
    expect(body).toContain(`data: ${live} 50\n`);
    expect(last).toBe(`${live}:who`);
    expect(run.log).not.toMatch(/cut/);
    const { took }: { took: number } = reportOf(run);
    expect(took).toBeLessThan(90_000);
    expect(old).toBeDefined();
    const { State } = await app.server.engine.get(`/containers/${old}/json`);
    expect(Date.parse(State.FinishedAt)).toBeGreaterThan(at);
    expect((await load.stop()).failures).toEqual([]);
  });
});
