/** What a deploy does with what the old release is still answering: proved for one strategy after another. */
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import type { Inputs } from './action.ts';
import { appInVersions } from './app-in-versions.ts';
import { ask } from './http.ts';
import type { Lab } from './lab.ts';
import type { LogLine } from './runner/log.ts';
import { reportOf, succeeded, type TestApp } from './test-app.ts';

/** A WebSocket to the app, which repeats what it is told, after its version. */
async function openSocket(app: TestApp): Promise<{
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

const INPUTS: Readonly<Record<string, Inputs>> = {
  canary: { canary: '50% 1s, 100%', 'canary-max-latency-ratio': '1000' },
};

/** Tests of what drains while a strategy replaces a release. */
export function proveDraining(lab: Lab, strategies: readonly string[]): void {
  const versions = appInVersions({
    lab,
    stem: 'drain',
    service: { deploy: { replicas: 2, update_config: { parallelism: 2, order: 'start-first' } } },
  });

  test.each(strategies)(
    'with %s a WebSocket stays with the release that it met until drain-timeout is over, and is counted then',
    async (strategy) => {
      const load = await versions.visit({ visitors: 1, pause: 50 });
      const socket = await openSocket(versions.app);
      expect(await socket.echo()).toBe(`${versions.live}:who`);
      const moved = onceMoved(() => socket.echo());
      const inputs = { strategy, ...INPUTS[strategy], 'drain-timeout': '3s' };
      const run = succeeded(await versions.deploy({}, inputs, { onLine: moved.see }));
      expect(await moved.done()).toBe(`${versions.live}:who`);
      expect(run.log).toMatch(/drain .* {2}1 request was still in flight and is cut/);
      const steps: readonly { readonly text: string; readonly durationMs: number }[] = reportOf(run).steps;
      const drains = steps.filter(({ text }) => text.startsWith('drain '));
      expect(Math.max(...drains.map(({ durationMs }) => durationMs))).toBeGreaterThanOrEqual(3000);
      await socket.closed;
      versions.stays();
      expect((await load.stop()).failures).toEqual([]);
    },
  );

  test.each(strategies)(
    'with %s a WebSocket and an event stream that end are waited for, and no longer',
    async (strategy) => {
      const { app, live } = versions;
      const load = await versions.visit({ visitors: 1, pause: 50 });
      const containers = Object.entries(await app.containers()).filter(([, state]) => state === 'running');
      const old = containers.map(([name]) => name).filter((name) => /-web-\d$/.test(name));
      const socket = await openSocket(app);
      const events = ask(app.url('/held?stream=yes'));
      const moved = onceMoved(async () => {
        for (const name of old)
          await lab.run('in', app.server.name, 'docker', 'exec', name, 'touch', '/tmp/let-go');
        const { body } = await events;
        const echo = await socket.echo();
        socket.close();
        return { body, echo, at: Date.now() };
      });
      // Longer than a test may be without progress: a deploy that waited for all of it would be found to hang.
      const inputs = { strategy, ...INPUTS[strategy], 'drain-timeout': '6h' };
      const run = succeeded(await versions.deploy({}, inputs, { onLine: moved.see }));
      versions.stays();
      const { body, echo, at } = await moved.done();
      expect(body).toContain(`data: ${live} ends\n`);
      expect(echo).toBe(`${live}:who`);
      expect(run.log).not.toMatch(/cut/);
      expect(old).toHaveLength(2);
      const ends = await Promise.all(old.map((name) => app.server.engine.get(`/containers/${name}/json`)));
      const last = Math.max(...ends.map(({ State }) => Date.parse(State.FinishedAt)));
      expect(last).toBeGreaterThan(at);
      expect((await load.stop()).failures).toEqual([]);
    },
  );
}
