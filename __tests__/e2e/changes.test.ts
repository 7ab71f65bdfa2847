/** What counts as a change: the image, the configuration, an accessory's definition, force; and what does not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../support/action.ts';
import { compose, probe } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { readLab } from '../support/lab.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';
import type { Files } from '../support/workspace.ts';

const lab = readLab();

interface Configuration {
  readonly greeting: string;
  /** Said by the accessory, which keeps what it was ever told in its volume. */
  readonly motto: string;
  readonly healthy?: boolean;
}

/** An accessory of the same bytes as the app, so that nothing else is to be pulled. */
function files(port: number, { greeting, motto, healthy = true }: Configuration): Files {
  const web = {
    build: '.',
    ports: [`${port}:3000`],
    environment: { GREETING: greeting },
    depends_on: { db: { condition: 'service_healthy' } },
  };
  const db = {
    image: 'node:24-slim',
    command: ['node', '-e', DATABASE],
    environment: { MOTTO: motto },
    volumes: ['data:/data'],
    restart: 'always',
    stop_grace_period: '1s',
    healthcheck: {
      test: healthy ? ['CMD', 'node', '-e', 'fetch("http://127.0.0.1:5000")'] : ['CMD', 'false'],
      ...{ interval: '1s', retries: 2, start_period: '2s', start_interval: '200ms' },
    },
  };
  return { ...probe({ version: '1' }), ...compose({ services: { web, db }, volumes: { data: {} } }) };
}

const DATABASE = [
  'const fs = require("fs");',
  'fs.appendFileSync("/data/mottos", process.env.MOTTO + "\\n");',
  'require("http").createServer((_, answer) => answer.end(fs.readFileSync("/data/mottos"))).listen(5000);',
].join(' ');

describe('a deploy', () => {
  let app: TestApp;
  let port = 0;
  let first: ActionRun;
  const releaseOf = (run: ActionRun): string => String(run.outputs['release']);
  const text = async (path: string): Promise<string> => (await ask(app.url(path))).body;
  const mottos = (): Promise<string> => text('/ask?url=http://db:5000/');
  const change = (to: Configuration): Promise<unknown> => app.checkout.commit(files(port, to));
  const database = async (): Promise<{ readonly Id: string }> =>
    app.server.engine.get(`/containers/${app.name}-production-db-1/json`);
  const noticesOf = (run: ActionRun): string => run.notices.map(({ message }) => message).join('\n');

  beforeAll(async () => {
    app = await testApp({
      lab,
      stem: 'change',
      files: (given) => {
        port = given;
        return files(given, { greeting: 'hello', motto: 'one' });
      },
    });
    first = succeeded(await app.deliver());
  });
  afterAll(() => app.remove());

  test('of what is live already does nothing, and says so', async () => {
    const again = succeeded(await app.deliver());
    expect(reportOf(again).result).toBe('unchanged');
    expect(releaseOf(again)).toBe(releaseOf(first));
    expect(again.log).toContain(`Release ${releaseOf(first)} is live on every host already: nothing to do.`);
  });

  test('that is forced makes a new release of the same, which is then what is live', async () => {
    const forced = succeeded(await app.deliver({ force: 'true' }));
    expect(reportOf(forced).result).toBe('deployed');
    expect(releaseOf(forced)).not.toBe(releaseOf(first));
    expect(await app.release(releaseOf(forced))).toEqual({ web: 'running' });
    expect(await app.release(releaseOf(first))).toEqual({ web: 'exited' });

    const again = succeeded(await app.deliver());
    expect(reportOf(again).result).toBe('unchanged');
    expect(releaseOf(again)).toBe(releaseOf(forced));

    const back = succeeded(await app.rollback());
    expect(releaseOf(back)).toBe(releaseOf(first));
    expect(await app.release(releaseOf(first))).toEqual({ web: 'running' });
  });

  test('of another configuration only is a release, with the image that is there', async () => {
    await change({ greeting: 'good evening', motto: 'one' });
    const { image } = first.outputs;
    const run = succeeded(await app.deploy(image));
    expect(reportOf(run).result).toBe('deployed');
    expect(releaseOf(run)).not.toBe(releaseOf(first));
    expect(await text('/env?name=GREETING')).toBe('good evening');
    expect(noticesOf(run)).not.toContain('db:');
  });

  test('leaves an accessory whose definition has changed, and says so', async () => {
    const { Id } = await database();
    await change({ greeting: 'good evening', motto: 'two' });
    const run = succeeded(await app.deploy(first.outputs['image']));
    expect(noticesOf(run)).toContain('db: its definition has changed, and it is left as it is');
    expect((await database()).Id).toBe(Id);
    expect(await mottos()).toBe('one\n');
  });

  test('makes an accessory anew that could not become healthy: everything is as before', async () => {
    await change({ greeting: 'good evening', motto: 'sick', healthy: false });
    const run = await app.deploy(first.outputs['image'], { accessories: 'update', 'health-timeout': '20s' });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(/db did not become healthy/);
    expect(run.errors[0]?.message).not.toContain('NOT EVERYTHING COULD BE TAKEN BACK');
    expect(await mottos()).toMatch(/^one\nsick\n(sick\n)*one\n$/);
    expect(await text('/env?name=GREETING')).toBe('good evening');
  });

  test('makes it anew where it is asked to, although nothing else has changed; its volume stays', async () => {
    await change({ greeting: 'good evening', motto: 'two' });
    const before = await mottos();
    const { Id } = await database();
    const live = succeeded(await app.deploy(first.outputs['image']));
    expect(reportOf(live).result).toBe('unchanged');
    const run = succeeded(await app.deploy(first.outputs['image'], { accessories: 'update' }));
    expect((await database()).Id).not.toBe(Id);
    expect(await mottos()).toBe(`${before}two\n`);
    expect(noticesOf(run)).not.toContain('its definition has changed');

    const again = succeeded(await app.deploy(first.outputs['image'], { accessories: 'update' }));
    expect(reportOf(again).result).toBe('unchanged');
  });
});
