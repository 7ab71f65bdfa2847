/** Files of the checkout that services mount: they are in the containers, though no server has a checkout. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { labWith } from '../../support/lab.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../../support/test-app.ts';
import type { Files } from '../../support/workspace.ts';

const lab = await labWith(1, { builds: true });

let app: TestApp;
let image: string;
let first: ActionRun;

/** What the checkout holds beside the Compose file, in a version. */
const mounted = (version: string): Files => ({
  'web.conf': `version ${version} of $HOME\n`,
  'conf.d/one.conf': `one ${version}\n`,
  'conf.d/sub/two.conf': `two ${version}\n`,
  'db.conf': `db ${version}\n`,
});

beforeAll(async () => {
  image = await probeImage(lab);
  app = await testApp({
    lab,
    stem: 'mounts',
    files: (port) => ({
      ...mounted('1'),
      ...compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:3000`],
            // The image has files there.
            volumes: ['./web.conf:/etc/web.conf:ro', './conf.d:/etc/apt:ro'],
          },
          db: {
            image: 'busybox:1',
            command: 'sleep 1d',
            stop_signal: 'SIGKILL',
            volumes: ['./db.conf:/etc/db.conf'],
          },
        },
      }),
    }),
  });
  first = succeeded(await app.deploy(image));
});
afterAll(() => app.remove());

async function filesOf(container: string, path: string): Promise<Readonly<Record<string, string>>> {
  const files = await app.server.engine.files(container, path);
  return Object.fromEntries([...files].map(([name, { content }]) => [name, content]));
}
const webOf = (run: ActionRun): string => `${app.name}-production-${run.outputs['release']}-web-1`;
const db = (): Promise<Readonly<Record<string, string>>> =>
  filesOf(`${app.name}-production-db-1`, '/etc/db.conf');
const inWeb = (command: string): Promise<string> =>
  lab.run('in', app.server.name, 'docker', 'exec', '--user', '0', webOf(first), 'sh', '-c', command);
/** The volumes with files of the checkout. */
const fileVolumes = async (): Promise<readonly string[]> => {
  const { Volumes } = await app.server.engine.get('/volumes');
  const names = (Volumes as readonly { Name: string }[]).map(({ Name }) => Name);
  return names.filter((name) => name.startsWith(`${app.name}-production-files-`)).toSorted();
};
const noticesOf = (run: ActionRun): string => run.notices.map(({ message }) => message).join('\n');

async function expectVersion(version: string, run: ActionRun): Promise<void> {
  expect(await filesOf(webOf(run), '/etc/web.conf')).toEqual({ 'web.conf': `version ${version} of $HOME\n` });
  expect(await filesOf(webOf(run), '/etc/apt')).toEqual({
    'apt/one.conf': `one ${version}\n`,
    'apt/sub/two.conf': `two ${version}\n`,
  });
}

test('a mounted file and all of a mounted folder are in the containers, and nothing else is in the folder; a notice names what the container could write to', async () => {
  await expectVersion('1', first);
  expect(await db()).toEqual({ 'db.conf': 'db 1\n' });
  expect(noticesOf(first)).toContain('db: ./db.conf is copied into the container');
});

test('nobody in the container can write to a folder that is mounted with :ro, not even root', async () => {
  for (const command of ['echo x > /etc/apt/one.conf', 'rm /etc/apt/one.conf', 'echo x > /etc/apt/more'])
    await expect(inWeb(command)).rejects.toThrow('Read-only file system');
  await expectVersion('1', first);
});

test('another content is another release; an accessory gets it where that is asked for', async () => {
  await app.checkout.commit(mounted('2'));
  const second = succeeded(await app.deploy(image));
  await expectVersion('2', second);
  expect(noticesOf(second)).toContain('db: its definition has changed');
  expect(await db()).toEqual({ 'db.conf': 'db 1\n' });
  succeeded(await app.deploy(image, { accessories: 'update' }));
  expect(await db()).toEqual({ 'db.conf': 'db 2\n' });
  expect(reportOf(await app.deploy(image)).result).toBe('unchanged');
});

test('a rollback brings the files of its release back, without the checkout and after its containers were removed', async () => {
  await app.server.engine.delete(`/containers/${webOf(first)}?v=1`);
  const back = succeeded(await app.rollback());
  expect(back.outputs['release']).toBe(first.outputs['release']);
  await expectVersion('1', back);
});

test('the volumes of folders that no kept release has are removed, and all of them with the environment', async () => {
  const before = await fileVolumes();
  expect(before).toHaveLength(2);
  await app.checkout.commit(mounted('3'));
  succeeded(await app.deploy(image, { keep: '1' }));
  const after = await fileVolumes();
  expect(after).toHaveLength(1);
  expect(before).not.toContain(after[0]);
  succeeded(await app.removeEnvironment());
  expect(await fileVolumes()).toEqual([]);
});
