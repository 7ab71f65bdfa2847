/** Nobody reaches an app before its first release is live, and a port that is taken is found before anything changes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { labWith, serverOf, uniquePort } from '../../support/lab.ts';
import { until } from '../../support/patience.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';
import type { Files } from '../../support/workspace.ts';

const lab = await labWith(1, { builds: true });
const server = serverOf(lab);
/** Of a service that publishes it itself. */
const names = uniquePort();

let image: string;
let app: TestApp;

/** The web service alone, or beside it one that can't be behind an edge. */
const files = (port: number, ports: readonly string[] = []): Files => {
  const web = { image: '${IMAGE}', ports: [`${port}:3000`], environment: { BOOT_MS: '2000' } };
  const dns = { image: '${IMAGE}', ports };
  return compose({ services: ports.length === 0 ? { web } : { web, dns } });
};

beforeAll(async () => {
  image = await probeImage(lab);
  app = await testApp({ lab, stem: 'first', files });
});
afterAll(() => app.remove());

/** Runs a program of the server, outside Docker, that has a port. */
async function whileTaken(kind: 'tcp' | 'udp', port: number, during: () => Promise<void>): Promise<void> {
  // Of the server's own programs: the folder of the checkout may not be there.
  const bind = `socket(S, PF_INET, SOCK_DGRAM, 0); bind(S, sockaddr_in(${port}, INADDR_ANY)) or die; sleep`;
  const listen =
    kind === 'udp'
      ? ['perl', '-MSocket', '-e', bind]
      : ['busybox', 'nc', '-ll', '-p', String(port), '-e', 'cat'];
  const listener = lab.run('in', server.name, ...listen).catch(() => undefined);
  const table = `ss --no-header --listening --${kind} --numeric 'sport = :${port}'`;
  await until('it listens', async () => (await lab.run('in', server.name, 'sh', '-c', table)) !== '');
  try {
    await during();
  } finally {
    await lab.run('in', server.name, 'pkill', '--full', `nc -ll -p ${port}|sockaddr_in.${port}`);
    await listener;
  }
}

test('a port that a program of the server has is found before a container is made', async () => {
  await whileTaken('tcp', app.port, async () => {
    const run = await app.deploy(image);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(`port ${app.port} is already taken by a program outside Docker`);
    expect(run.log).not.toMatch(/✓ .*create the edge/);
  });
});

test('visitors of a first deploy are refused until its release answers, and never get an answer of the edge', async () => {
  const seen: string[] = [];
  const run = app.deploy(image);
  const ended = new AbortController();
  void run.finally(() => ended.abort());
  while (!ended.signal.aborted) {
    const visit = await ask(app.url()).then(
      ({ status }) => String(status),
      () => 'refused',
    );
    if (visit !== seen.at(-1)) seen.push(visit);
  }
  const { log } = succeeded(await run);
  expect(seen).toEqual(['refused', '200']);
  expect(log).toContain('open the edge (the release is live)');
});

test('a port of a service that publishes it itself is tried before anything stops: what is live serves on', async () => {
  await app.checkout.commit(files(app.port, [`${names}:3000/udp`]));
  const before = await app.containers();
  await whileTaken('udp', names, async () => {
    const run = await app.deploy(image);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(`port ${names} is already taken by a program outside Docker`);
    expect(await app.containers()).toEqual(before);
  });
  succeeded(await app.deploy(image));
  expect((await ask(app.url())).status).toBe(200);
});
