/** Commands around a release, in containers of it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun } from '../support/action.ts';
import { ENDLESS, HooksApp, KEY, node, saidIn } from '../support/hooks-app.ts';
import { ask } from '../support/http.ts';
import { labWith } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { reportOf, succeeded, type TestApp } from '../support/test-app.ts';

const lab = await labWith(1);
let it: HooksApp;
let app: TestApp;
let first: ActionRun;
beforeAll(async () => {
  it = await HooksApp.make(lab);
  ({ app } = it);
});
afterAll(() => app.remove());

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

test('before-release has the environment, networks, volumes, secrets and configs of the release, and runs before it starts', async () => {
  const commands = `${TELL}\n${node('\n  console.log("and then");\n  process.exit();\n')}`;
  first = succeeded(await it.deploy(1, { 'before-release': commands }));
  const said = saidIn(first);
  expect(said.map((line) => line.replace(/.*│ /, ''))).toEqual([
    'of 1 costs $5',
    `secret ${KEY.length} price: $7`,
    'reached db',
    'and then',
  ]);
  for (const line of said) expect(line).toContain(`${reportOf(first).hosts[0].host}  │ `);
  const { body } = await ask(app.url('/file?path=/data/told'));
  const [version, at] = body.split(' ');
  expect(version).toBe('1');
  const name = `${app.name}-production-${first.outputs['release']}-web-1`;
  const { State } = await app.server.engine.get(`/containers/${name}/json`);
  expect(Date.parse(State.StartedAt)).toBeGreaterThan(Number(at));
  expect(await it.hooks()).toEqual([]);
});

test('a before-release that fails leaves the old release serving, and no request is lost', async () => {
  const load = startLoad(app.url());
  try {
    await load.answered('1', 20);
    const failed = await it.deploy(2, { 'before-release': 'no-such-program --at-all' });
    expect(failed.errors[0]?.message).toContain(
      'before-release: "no-such-program --at-all" failed in web with exit code 1. Traffic stayed on',
    );
    // The image's entrypoint takes it for a script of node's.
    expect(failed.log).toMatch(/│ .*Cannot find module/);
    await load.answered('1', 20);
  } finally {
    expect((await load.stop()).failures).toEqual([]);
  }
  expect(await app.version()).toBe('1');
  expect(await app.release(first.outputs['release'])).toEqual({ web: 'running', 'web-2': 'running' });
  expect(await it.hooks()).toEqual([]);
});

test('an after-release that fails is a warning, and the release stays', async () => {
  const failing = node('console.log("nobody listens"); process.exit(4)');
  const run = succeeded(await it.deploy(2, { 'after-release': failing }));
  expect(reportOf(run).result).toBe('deployed');
  expect(run.warnings.map(({ message }) => message).join()).toMatch(
    /after-release: .* failed in web with exit code 4/,
  );
  expect(await app.version()).toBe('2');
});

test('a before-release that is under way ends when the job is cancelled, and the old release serves on', async () => {
  const cancel = { interrupt: { when: /│ works/, how: 'cancel' as const } };
  const run = await it.deploy(3, { 'before-release': ENDLESS }, cancel);
  expect(run.succeeded).toBe(false);
  expect(await app.version()).toBe('2');
  expect(await it.hooks()).toEqual([]);
});
