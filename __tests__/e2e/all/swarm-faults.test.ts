/** A swarm of three managers that lose nodes and connections while a release goes live. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { labWith, uniqueName } from '../../support/lab.ts';
import { patience, until } from '../../support/patience.ts';
import { leaveSwarm, makeSwarm } from '../../support/swarm.ts';
import { managers, probeService, type SwarmApp, swarmApp } from '../../support/swarm-app.ts';
import { reportOf, succeeded } from '../../support/test-app.ts';
import { when } from '../../support/when.ts';

const lab = await labWith(3);
const [first, second, third] = lab.servers;
let app: SwarmApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';

const files = (port: number) =>
  compose({
    services: {
      web: probeService(port, { environment: { EXIT_AFTER_MS: '${EXIT_AFTER_MS:-}', EXIT_CODE: '3' } }),
    },
  });

/** One task, never on the manager that is asked; it takes its time to get healthy. */
const slowFiles = (port: number) =>
  compose({
    services: {
      web: probeService(
        port,
        { environment: { UP_AFTER_MS: '${UP_AFTER_MS:-}' } },
        { replicas: 1, placement: { constraints: [`node.hostname != ${first?.name}`] } },
      ),
    },
  });

const oneTask = (port: number) => compose({ services: { web: probeService(port, {}, { replicas: 1 }) } });

beforeAll(async () => {
  await makeSwarm(lab, 'manager');
  app = await swarmApp({ lab, stem: 'faults', files });
  versions = await buildVersions(lab, app.app.repository, ['0', '1', '2', '3', '4', '5', uniqueName('new')]);
});
afterAll(async () => {
  await app.remove();
  await leaveSwarm(lab);
});

/** Powers a node on, until the swarm has it again. */
async function start(node: string): Promise<void> {
  await lab.run('start', node);
  const states = (): Promise<string> =>
    lab.run('in', first?.name ?? '', 'docker', 'node', 'ls', '--format', '{{.Hostname}} {{.Status}}');
  await until(`${node} is in the swarm again`, async () => (await states()).includes(`${node} Ready`));
}

test('of a first release that fails nothing runs on', async () => {
  const run = await app.deploy(imageOf(0), { env: 'EXIT_AFTER_MS=300' });
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^web did not converge: .* Nothing is live, as before: what \S+ had started was removed\./,
    ),
  ]);
  expect(await app.objects('services')).toEqual([]);
  expect(run.outputs).toMatchObject({ 'rolled-back': 'false', release: '' });
});

test('a deploy goes on through another manager when the connection to one is lost', async () => {
  const lost = when('wait until', () => lab.run('sshd-stop', first?.name ?? ''));
  const hosts = managers(lab, first, second);
  const run = await app.deploy(imageOf(0), hosts, { onLine: lost.onLine });
  expect(await lost.done()).toBeDefined();
  await lab.run('sshd-start', first?.name ?? '');
  succeeded(run);
  expect(run.log).toContain(`Connected to ${second?.url}.`);
  expect(await app.running()).toEqual({ web: [imageOf(0), imageOf(0)] });
});

test('a manager that can not be reached is passed over, with a notice', async () => {
  await lab.run('sshd-stop', first?.name ?? '');
  const run = await app.deploy(imageOf(1), managers(lab, first, second));
  await lab.run('sshd-start', first?.name ?? '');
  succeeded(run);
  expect(run.notices.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(new RegExp(`^${second?.url} is used, because .*${first?.address}`)),
  );
});

test('a node that is drained during an update is left, and the release runs wholly on the others', async () => {
  const docker = (...args: readonly string[]) => lab.run('in', first?.name ?? '', 'docker', ...args);
  const [node = ''] = await app.nodesOf('web');
  const drained = when('wait until', () => docker('node', 'update', '--availability', 'drain', node));
  const run = await app.deploy(imageOf(2), {}, { onLine: drained.onLine });
  expect(await drained.done()).toBeDefined();
  expect(await app.nodesOf('web')).not.toContain(node);
  await docker('node', 'update', '--availability', 'active', node);
  succeeded(run);
  expect(await app.running()).toEqual({ web: [imageOf(2), imageOf(2)] });
});

test('a node that dies during an update is replaced by another one', async () => {
  // Not the one through which the swarm is asked.
  const victim = third?.name ?? '';
  const died = when('wait until', () => lab.run('kill', victim));
  const run = await app.deploy(imageOf(3), {}, { onLine: died.onLine });
  expect(await died.done()).toBeDefined();
  await until('the release runs wholly', async () => (await app.versions()).join() === '3,3');
  await start(victim);
  expect(reportOf(succeeded(run)).result).toBe('deployed');
});

test('the leader of the managers dies during an update: another one is elected, and the deploy goes on', async () => {
  const leader = first?.name ?? '';
  const died = when('wait until', () => lab.run('kill', leader));
  const run = await app.deploy(imageOf(4), managers(lab, second), { onLine: died.onLine });
  expect(await died.done()).toBeDefined();
  await start(leader);
  succeeded(run);
  await until('the release runs wholly', async () => (await app.versions()).join() === '4,4');
});

test('a manager that is cut off during an update is given up for another one, and the deploy goes on', async () => {
  const cut = when('wait until', () => lab.run('cut', first?.name ?? ''));
  const run = await app.deploy(imageOf(5), managers(lab, first, second), { onLine: cut.onLine });
  expect(await cut.done()).toBeDefined();
  await lab.run('heal', first?.name ?? '');
  await until('it is back among the managers', async () => {
    const nodes = lab.run('in', first?.name ?? '', 'docker', 'node', 'ls', '--quiet');
    return (await nodes.catch(() => '')) !== '';
  });
  succeeded(run);
  expect(run.log).toContain(`Connected to ${second?.url}.`);
  await until('the release runs wholly', async () => (await app.versions()).join() === '5,5');
});

test('a task that the swarm moves after the job has ended is pulled with the login that the job gave it', async () => {
  const docker = (...args: readonly string[]) => lab.run('in', first?.name ?? '', 'docker', ...args);
  await using moved = await swarmApp({ lab, stem: 'moved', files: (port) => oneTask(port) });
  // No node has this image.
  succeeded(await moved.deploy(imageOf(6)));
  const [node = ''] = await moved.nodesOf('web');
  await docker('node', 'update', '--availability', 'drain', node);
  await until('it runs on another node', async () => {
    const [other] = await moved.nodesOf('web');
    return other !== undefined && other !== node;
  });
  await docker('node', 'update', '--availability', 'active', node);
  expect(await moved.running()).toEqual({ web: [imageOf(6)] });
});

test('a node that dies while its new task starts does not hold the update up', async () => {
  await using slow = await swarmApp({ lab, stem: 'slow', files: slowFiles });
  succeeded(await slow.deploy(imageOf(0)));
  const died = when('wait until', async () => {
    const starting = (): Promise<readonly string[]> => slow.nodesOf('web', 'starting');
    await until('the new task starts', async () => (await starting()).length > 0);
    const [victim = ''] = await starting();
    await lab.run('kill', victim);
    return victim;
  });
  const run = await slow.deploy(imageOf(1), { env: `UP_AFTER_MS=${patience(20)}` }, { onLine: died.onLine });
  await start((await died.done()) ?? '');
  // Mostly the update is begun anew for it; sometimes the swarm has noticed by itself.
  succeeded(run);
  expect(await slow.running()).toEqual({ web: [imageOf(1)] });
});
