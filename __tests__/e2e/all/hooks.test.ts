/** Commands around a release that fail at the start, that a killed run left, that are wrong; and on a fleet (../hooks.test.ts). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ENDLESS, HooksApp, node, saidIn } from '../../support/hooks-app.ts';
import { labWith } from '../../support/lab.ts';
import { killTree } from '../../support/runner/kill-tree.ts';
import { reportOf, succeeded, type TestApp } from '../../support/test-app.ts';

const lab = await labWith(2);

describe('on one host', () => {
  let it: HooksApp;
  let app: TestApp;
  beforeAll(async () => {
    it = await HooksApp.make(lab);
    ({ app } = it);
  });
  afterAll(() => app.remove());

  test('where before-release fails before the first release nothing is live, and what was made beside is said', async () => {
    const failed = await it.deploy(1, { 'before-release': node('console.log("no table"); process.exit(3)') });
    expect(failed.succeeded).toBe(false);
    const [error] = failed.errors;
    expect(error?.message).toMatch(/before-release: "node -e .*" failed in web with exit code 3\./);
    expect(error?.message).toContain(
      'Nothing is live, as before. Accessories, networks and volumes that were created remain.',
    );
    expect(failed.log).toMatch(/│ no table/);
    const left = await app.containers();
    expect(Object.keys(left).filter((name) => name.includes('-web-'))).toEqual([]);
    expect(left[`${app.name}-production-db-1`]).toBe('running');
    expect(await it.hooks()).toEqual([]);
  });

  test('before-release does not run where nothing is to be done', async () => {
    succeeded(await it.deploy(1, {}));
    const again = succeeded(await it.deploy(1, { 'before-release': node('process.exit(1)') }));
    expect(reportOf(again).result).toBe('unchanged');
  });

  test('the container of a command whose run was killed is found and removed by the next run', async () => {
    const interrupt = { when: /│ works/, how: killTree };
    const killed = await it.deploy(2, { 'before-release': ENDLESS }, { interrupt, withoutPost: true });
    expect(killed.succeeded).toBe(false);
    const left = await it.hooks();
    const run = succeeded(await it.deploy(2, { 'before-release': node('console.log("at last")') }));
    expect(left).toHaveLength(1);
    expect(run.log).toContain('│ at last');
    expect(await app.version()).toBe('2');
    expect(await it.hooks()).toEqual([]);
  });

  test.each(['before-release', 'after-release'])(
    '%s that names no service of the release is refused before anything is changed',
    async (input) => {
      const run = await it.deploy(3, { [input]: 'wbe=bin/migrate' });
      expect(run.errors[0]?.message).toContain(`${input}: the release has no service "wbe", only web.`);
      expect(run.errors[0]?.message).toContain('Nothing was deployed.');
      expect(await app.version()).toBe('2');
    },
  );
});

describe('on a fleet', () => {
  let it: HooksApp;
  let app: TestApp;
  beforeAll(async () => {
    it = await HooksApp.make(lab, lab.servers);
    ({ app } = it);
  });
  afterAll(() => app.remove());
  const versions = () => Promise.all(app.servers.map((server) => app.version(server)));

  test('commands around a release run once, on the first host', async () => {
    const tell = (what: string): string => node(`console.log("${what}", process.env.VERSION)`);
    const commands = { 'before-release': tell('before'), 'after-release': tell('after') };
    const run = succeeded(await it.deploy(1, { ...commands, 'max-parallel': '1' }));
    const [first] = app.servers;
    expect(saidIn(run)).toEqual(
      ['before 1', 'after 1'].map((line) => expect.stringMatching(`${first?.address}.*│ ${line}$`)),
    );
    expect(await versions()).toEqual(['1', '1']);
  });

  test('a before-release that fails keeps every host of the fleet as it was', async () => {
    const run = await it.deploy(2, { 'before-release': node('process.exit(1)') });
    expect(run.succeeded).toBe(false);
    expect(await versions()).toEqual(['1', '1']);
    for (const server of app.servers) {
      const names = Object.keys(await app.containers(server));
      expect(new Set(names.filter((name) => name.includes('-web-'))).size).toBe(2);
    }
  });
});
