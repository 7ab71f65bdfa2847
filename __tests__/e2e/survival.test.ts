/** What Sealift knows of a host outlives what happens to servers: pruning, a lost edge, power off. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { probe, webApp } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { readLab } from '../support/lab.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = readLab();

describe('two releases on a server', () => {
  let app: TestApp;
  let first = '';
  let second = '';

  beforeAll(async () => {
    const service = { restart: 'unless-stopped' };
    app = await testApp({ lab, stem: 'survive', files: (port) => webApp({ version: '1', port, service }) });
    first = String(succeeded(await app.deliver()).outputs['release']);
    await app.checkout.commit(probe({ version: '2' }));
    second = String(succeeded(await app.deliver()).outputs['release']);
  }, 120_000);
  afterAll(() => app.remove());

  const edge = (): string => `${app.name}-production-edge`;
  const kept = async (): Promise<string[]> => {
    const [host] = reportOf(succeeded(await app.status())).hosts;
    return host.kept.map(
      (release: { release: string; live: boolean }) => `${release.release} ${release.live}`,
    );
  };

  test('docker system prune -f takes neither the records nor the images: the release before can be gone back to', async () => {
    await lab.run('in', app.server.name, 'docker', 'system', 'prune', '-f');
    expect(await kept()).toEqual([`${second} true`, `${first} false`]);
    const back = succeeded(await app.rollback());
    expect(back.debug.join('\n')).not.toMatch(/docker pull/);
    expect(await app.version()).toBe('1');
    succeeded(await app.rollback({ to: second }));
    expect(await app.version()).toBe('2');
  });

  test('a lost edge takes neither what is live nor what was before with it; the next deploy puts it back', async () => {
    await lab.run('in', app.server.name, 'docker', 'rm', '-f', edge());
    expect(await kept()).toEqual([`${second} true`, `${first} false`]);
    const again = succeeded(await app.deliver());
    expect(again.outputs['release']).toBe(second);
    expect(await app.version()).toBe('2');
  });

  test('after power off and on the same release serves, and all is remembered', async () => {
    await lab.run('kill', app.server.name);
    await lab.run('start', app.server.name);
    await answers(app.url('/up'));
    expect(await app.version()).toBe('2');
    expect(await kept()).toEqual([`${second} true`, `${first} false`]);
    expect(await app.release(first)).toEqual({ web: 'exited' });
  });
});

/** Resolves once an address answers 200; a test's own time limit ends it. */
async function answers(url: string): Promise<void> {
  for (;;) {
    try {
      if ((await ask(url)).status === 200) return;
    } catch {
      // Nobody listens yet: the attempt itself takes its time, so this is no tight loop.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
