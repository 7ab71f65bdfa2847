/** What a Compose file asks of a service beside that it runs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1);

describe('post_start and pre_stop', () => {
  let app: TestApp;
  const file = async (path: string): Promise<string> => (await ask(app.url(`/file?path=${path}`))).body;
  const deploy = async (version: number): Promise<unknown> =>
    succeeded(await app.deploy(await probeImage(lab), { env: `VERSION=${version}` }));

  beforeAll(async () => {
    const shell = (script: string) => ({ command: ['sh', '-c', script], user: 'root' });
    const web = (port: number) => ({
      image: '${IMAGE}',
      user: '1000:1000',
      ports: [`${port}:3000`],
      environment: { VERSION: '${VERSION}' },
      stop_grace_period: '5s',
      tmpfs: ['/run/app:mode=755'],
      volumes: ['notes:/notes'],
      post_start: [shell('echo "of $$VERSION" > /run/app/started')],
      pre_stop: [shell('echo "$$VERSION left" >> /notes/left')],
    });
    app = await testApp({
      lab,
      stem: 'hooked',
      files: (port) => compose({ services: { web: web(port) }, volumes: { notes: {} } }),
    });
    await deploy(1);
    await deploy(2);
  });
  afterAll(() => app.remove());

  test('a release that is replaced runs pre_stop before it stops', async () => {
    expect(await file('/notes/left')).toBe('1 left\n');
  });

  test('a rollback runs post_start again, as Compose does at every start', async () => {
    expect(await file('/run/app/started')).toBe('of 2\n');
    succeeded(await app.rollback());
    expect(await app.version()).toBe('1');
    expect(await file('/run/app/started')).toBe('of 1\n');
    expect(await file('/notes/left')).toBe('1 left\n2 left\n');
  });
});
