/** The lock of an environment is broken by hand: it is said whose it was, and that run changes nothing more. */
import { expect, test } from '@jest/globals';
import { appInVersions } from '../../support/app-in-versions.ts';
import { labWith, sshInputs } from '../../support/lab.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';

const lab = await labWith(1);
const versions = appInVersions({ lab, stem: 'unlock' });

function unlock(inputs: Readonly<Record<string, string>> = {}) {
  const { app } = versions;
  const { name, environment, servers } = app;
  return app.run('unlock', { app: name, environment, ...sshInputs(lab, servers), ...inputs });
}

test('where nothing is locked there is nothing to break', async () => {
  const run = succeeded(await unlock());
  expect(reportOf(run)).toMatchObject({ command: 'unlock', result: 'unchanged', locks: [] });
});

test('a lock that a run holds is shown, then broken; that run changes nothing more, and the next one repairs what it left', async () => {
  const { app } = versions;
  let shown: unknown;
  let broken: Awaited<ReturnType<typeof unlock>> | undefined;
  const run = await versions.deploy(
    {},
    { bake: '30m', 'canary-min-requests': '1' },
    {
      interrupt: {
        when: /… .* watch /,
        how: async () => {
          shown = reportOf(succeeded(await unlock({ 'dry-run': 'true' })));
          broken = succeeded(await unlock());
        },
      },
    },
  );
  const lock = {
    host: app.server.url,
    actor: 'mona',
    expired: false,
    runUrl: expect.stringContaining('/actions/runs/'),
  };
  expect(shown).toMatchObject({ result: 'planned', locks: [lock] });
  expect(reportOf(broken ?? run)).toMatchObject({ result: 'unlocked', locks: [lock] });
  expect(broken?.log).toContain('locked by a run of mona since');
  expect(broken?.summary).toContain('🔓');
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toContain('another run has locked it');
  // Somebody works there by hand now.
  expect(run.post?.log).toBe('');

  const next = succeeded(await versions.deploy());
  versions.stays();
  expect(next.log).not.toContain('waiting for a run');
  expect(await app.version()).toBe(versions.live);
  expect(await app.release(next.outputs['release'])).toEqual({ web: 'running' });
});
