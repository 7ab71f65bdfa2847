/** What the post step finishes beside a release that was accepted before: a first deploy, a removal, a command of a release (cancelled.test.ts). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { probeImage } from '../../support/apps/images.ts';
import { domainInputs } from '../../support/domain.ts';
import { ENDLESS, HooksApp } from '../../support/hooks-app.ts';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { deployVersion, removableApp } from '../../support/removable-app.ts';
import { reportOf, succeeded, type TestApp } from '../../support/test-app.ts';

const lab = await labWith(1);

const locksOf = async (app: TestApp): Promise<readonly string[]> =>
  Object.keys(await app.containers()).filter((name) => name.endsWith('-lock'));

describe('a first deploy that is killed', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await removableApp(lab, 'first', lab.servers.slice(0, 1));
  });
  afterAll(() => app.remove());

  test.each([
    ['before its switch', /✓ .* check web/],
    ['after its switch', /✓ .* switch traffic to/],
  ])(
    '%s is taken back by its post step: nothing of it runs or answers, and its containers are kept',
    async (_, when) => {
      const domain = `${app.name}.example.com`;
      const inputs = { env: 'VERSION=1', bake: '30m', ...domainInputs(lab, [`${domain}=web:3000`]) };
      const run = await app.deploy(await probeImage(lab), inputs, { interrupt: { when, how: 'SIGKILL' } });
      expect(run.post).toMatchObject({ exitCode: 0, errors: [] });
      expect(run.post?.log).toMatch(/It was the first deploy: its post step takes [0-9a-f]{8} back/);
      expect(run.post?.summary).toContain('This step was cut short');
      await expect(ask(app.url())).rejects.toThrow(/ECONNREFUSED/);
      const containers = Object.entries(await app.containers());
      expect(containers.filter(([name]) => /-web-1$/.test(name))).toEqual([[expect.anything(), 'exited']]);
      expect(containers.filter(([name]) => /-edge$|-lock$/.test(name))).toEqual([]);
      expect((await app.server.engine.containers('sealift-front')).size).toBe(0);
      const status = reportOf(succeeded(await app.status()));
      expect(status.hosts).toMatchObject([{ healthy: false, why: 'nothing is deployed here' }]);
    },
  );

  test('the next deploy is a first deploy again', async () => {
    await deployVersion(app, '2');
    expect(await app.version()).toBe('2');
  });
});

describe('a removal that is killed', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await removableApp(lab, 'gone', lab.servers.slice(0, 1));
  });
  afterAll(() => app.remove());

  test('goes on in its post step, and leaves nothing', async () => {
    await deployVersion(app, '1');
    const run = await app.removeEnvironment(
      { 'remove-volumes': 'true' },
      { interrupt: { when: /✓ /, how: 'SIGKILL' } },
    );
    expect(run.signal).toBe('SIGKILL');
    expect(run.post).toMatchObject({ exitCode: 0, errors: [] });
    expect(run.post?.log).toContain('Its post step goes on with the removal.');
    expect(await app.containers()).toEqual({});
    const again = succeeded(await app.removeEnvironment({ 'remove-volumes': 'true' }));
    expect(reportOf(again).result).toBe('unchanged');
  });

  test('does not go on where another run has deployed since', async () => {
    await deployVersion(app, '1');
    const lock = `${app.name}-${app.environment}-lock`;
    const run = await app.removeEnvironment(
      { 'remove-volumes': 'true' },
      {
        interrupt: { when: /✓ /, how: 'SIGKILL' },
        beforePost: async () => {
          await lab.run('in', app.server.name, 'docker', 'rm', '-f', lock);
          await deployVersion(app, '2');
        },
      },
    );
    expect(run.post?.exitCode).toBe(1);
    expect(run.post?.errors[0]?.message).toContain(
      'another run has locked it since the removal was cut short',
    );
    expect(await app.version()).toBe('2');
  });
});

describe('a command of a release whose run is killed', () => {
  let hooks: HooksApp;
  beforeAll(async () => {
    hooks = await HooksApp.make(lab);
    succeeded(await hooks.deploy(1, {}));
  });
  afterAll(() => hooks.app.remove());

  test('is ended and removed by the post step', async () => {
    const interrupt = { when: /│ works/, how: 'SIGKILL' } as const;
    const run = await hooks.deploy(2, { 'before-release': ENDLESS }, { interrupt });
    expect(run.post).toMatchObject({ exitCode: 0, errors: [] });
    expect(await hooks.hooks()).toEqual([]);
    expect(await locksOf(hooks.app)).toEqual([]);
    expect(await hooks.app.version()).toBe('1');
  });
});
