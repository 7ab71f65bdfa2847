/** Commands around a release, in containers of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../support/action.ts';
import { compose, probe, webApp } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { readLab } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { killTree } from '../support/runner/kill-tree.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';
import type { Files } from '../support/workspace.ts';

const lab = readLab();

/** A program for the probe's image, which has no shell script of its own. */
const node = (code: string): string => `node -e '${code}'`;
/** Says who it is, what it was given and whom it reaches. */
const TELL = node(
  [
    'const { readFileSync, writeFileSync } = require("fs");',
    'console.log("of", process.env.VERSION, process.env.GREETING);',
    'console.log("secret", readFileSync("/run/secrets/key", "utf8").length, readFileSync("/etc/probe/settings", "utf8"));',
    'writeFileSync("/data/told", process.env.VERSION + " " + Date.now());',
    'require("net").connect(6379, "db").on("connect", () => { console.log("reached db"); process.exit(); });',
  ].join(' '),
);

function app(port: number, version: string): Files {
  const web = {
    build: '.',
    ports: [`${port}:3000`],
    environment: { GREETING: 'costs $$5' },
    restart: 'always',
    read_only: true,
    secrets: ['key'],
    configs: [{ source: 'settings', target: '/etc/probe/settings' }],
    volumes: ['data:/data'],
    depends_on: ['db'],
    deploy: { replicas: 2, update_config: { order: 'start-first' } },
  };
  const document = {
    services: { web, db: { image: 'redis:7' } },
    volumes: { data: {} },
    secrets: { key: { environment: 'KEY' } },
    configs: { settings: { content: 'price: $$7' } },
  };
  return { ...probe({ version }), ...compose(document) };
}

const KEY = 'a-key-that-nobody-may-see';
const GIVEN = { env: `KEY=${KEY}` };
const hooks = (each: TestApp): Promise<readonly string[]> =>
  each.containers().then((all) => Object.keys(all).filter((name) => /-(before|after)-|-run-/.test(name)));

describe('commands around a release', () => {
  let it: TestApp;
  let first: ActionRun;
  beforeAll(async () => {
    it = await testApp({ lab, stem: 'hook', files: (port) => app(port, '1') });
  });
  afterAll(() => it.remove());
  const deliver = (inputs: Readonly<Record<string, string>> = {}, interrupt?: RegExp) =>
    it.deliver(
      { ...GIVEN, ...inputs },
      {
        secrets: { KEY },
        ...(interrupt === undefined ? {} : { interrupt: { when: interrupt, how: 'cancel' as const } }),
      },
    );

  test('that fails before the first release: nothing is live, and what was made beside is said', async () => {
    const failed = await deliver({ 'before-release': node('console.log("no table"); process.exit(3)') });
    expect(failed.succeeded).toBe(false);
    const [error] = failed.errors;
    expect(error?.message).toMatch(/before-release: "node -e .*" failed in web with exit code 3\./);
    expect(error?.message).toContain(
      'Nothing is live, as before; accessories, networks and volumes that were made stay.',
    );
    expect(failed.log).toMatch(/│ no table/);
    const left = await it.containers();
    expect(Object.keys(left).filter((name) => name.includes('-web-'))).toEqual([]);
    expect(left[`${it.name}-production-db-1`]).toBe('running');
    expect(await hooks(it)).toEqual([]);
  });

  test('has the environment, networks, volumes, secrets and configs of the release, before it starts', async () => {
    first = succeeded(
      await deliver({
        'before-release': `${TELL}\n${node('\n  console.log("and then");\n  process.exit();\n')}`,
      }),
    );
    const said = first.log.split('\n').filter((line) => line.includes('  │ '));
    expect(said.map((line) => line.replace(/.*│ /, ''))).toEqual([
      'of 1 costs $5',
      `secret ${KEY.length} price: $7`,
      'reached db',
      'and then',
    ]);
    for (const line of said) expect(line).toContain(`${reportOf(first).hosts[0].host}  │ `);
    const { body } = await ask(it.url('/file?path=/data/told'));
    const [version, at] = body.split(' ');
    expect(version).toBe('1');
    const name = `${it.name}-production-${first.outputs['release']}-web-1`;
    const { State } = await it.server.engine.get(`/containers/${name}/json`);
    expect(Date.parse(State.StartedAt)).toBeGreaterThan(Number(at));
    expect(await hooks(it)).toEqual([]);
  });

  test('do not run where nothing is to be done', async () => {
    const again = succeeded(await deliver({ 'before-release': node('process.exit(1)') }));
    expect(reportOf(again).result).toBe('unchanged');
  });

  test('that fails before: the old release serves on, and no request is lost', async () => {
    const load = startLoad(it.url());
    try {
      await load.answered('1', 20);
      await it.checkout.commit(probe({ version: '2' }));
      const failed = await deliver({ 'before-release': 'no-such-program --at-all' });
      expect(failed.errors[0]?.message).toContain(
        'before-release: "no-such-program --at-all" failed in web with exit code 1. Traffic stayed on',
      );
      // The image's entrypoint takes it for a script of node's.
      expect(failed.log).toMatch(/│ .*Cannot find module/);
      await load.answered('1', 20);
    } finally {
      expect((await load.stop()).failures).toEqual([]);
    }
    expect(await it.version()).toBe('1');
    expect(await it.release(first.outputs['release'])).toEqual({ web: 'running', 'web-2': 'running' });
    expect(await hooks(it)).toEqual([]);
  });

  test('that fails after: a warning, and the release stays', async () => {
    const run = succeeded(
      await deliver({ 'after-release': node('console.log("nobody listens"); process.exit(4)') }),
    );
    expect(reportOf(run).result).toBe('deployed');
    expect(run.warnings.map(({ message }) => message).join()).toMatch(
      /after-release: .* failed in web with exit code 4/,
    );
    expect(await it.version()).toBe('2');
  });

  test('end when the job is cancelled', async () => {
    await it.checkout.commit(probe({ version: '3' }));
    const run = await deliver(
      { 'before-release': node('console.log("works"); setInterval(() => {}, 1000)') },
      /│ works/,
    );
    expect(run.succeeded).toBe(false);
    expect(await it.version()).toBe('2');
    expect(await hooks(it)).toEqual([]);
  });

  test('of a run that was killed are found and removed by the next', async () => {
    const killed = await it.deliver(
      { ...GIVEN, 'before-release': node('console.log("works"); setInterval(() => {}, 1000)') },
      { secrets: { KEY }, interrupt: { when: /│ works/, how: killTree } },
    );
    expect(killed.succeeded).toBe(false);
    const left = await hooks(it);
    const run = succeeded(await deliver({ 'before-release': node('console.log("at last")') }));
    expect(left).toHaveLength(1);
    expect(run.log).toContain('│ at last');
    expect(await it.version()).toBe('3');
    expect(await hooks(it)).toEqual([]);
  });

  test.each(['before-release', 'after-release'])(
    '%s that names no service of the release is refused before anything is changed',
    async (input) => {
      await it.checkout.commit(probe({ version: '4' }));
      const run = await deliver({ [input]: 'wbe=bin/migrate' });
      expect(run.errors[0]?.message).toContain(`${input}: the release has no service "wbe", only web.`);
      expect(run.errors[0]?.message).toContain('Nothing was deployed.');
      expect(await it.version()).toBe('3');
    },
  );
});

describe('on a fleet', () => {
  let it: TestApp;
  beforeAll(async () => {
    it = await testApp({
      lab,
      stem: 'hooks',
      servers: lab.servers.slice(0, 2),
      files: (port) => webApp({ version: '1', port }),
    });
  });
  afterAll(() => it.remove());
  const versions = () => Promise.all(it.servers.map((server) => it.version(server)));
  const said = (run: ActionRun): readonly string[] =>
    run.log.split('\n').filter((line) => line.includes('  │ '));

  test('commands run once, on the first host', async () => {
    const tell = (what: string): string => node(`console.log("${what}", process.env.VERSION)`);
    const run = succeeded(
      await it.deliver({
        'before-release': tell('before'),
        'after-release': tell('after'),
        'max-parallel': '1',
      }),
    );
    const [first] = it.servers;
    expect(said(run)).toEqual(
      ['before 1', 'after 1'].map((line) => expect.stringMatching(`${first?.address}.*│ ${line}$`)),
    );
    expect(await versions()).toEqual(['1', '1']);
  });

  test('one that fails before keeps every host as it was', async () => {
    await it.checkout.commit(probe({ version: '2' }));
    const run = await it.deliver({ 'before-release': node('process.exit(1)') });
    expect(run.succeeded).toBe(false);
    expect(await versions()).toEqual(['1', '1']);
    for (const server of it.servers) {
      const names = Object.keys(await it.containers(server));
      expect(names.filter((name) => name.includes('-web-'))).toHaveLength(1);
    }
  });
});
