/** What the other tests prove things with must itself be able to fail. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { probe } from '../support/apps/probe.ts';
import { ask, askUntil } from '../support/http.ts';
import { removeApp } from '../support/lab/cleanup.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { labWith, uniqueName } from '../support/lab.ts';
import { workspace } from '../support/workspace.ts';

const lab = await labWith(1);
const [server] = lab.servers;
if (server === undefined) throw new Error('The lab has no server.');
const { engine } = server;
const app = uniqueName('support');
const only = new RegExp(app);
const look = (): Promise<string> => snapshot(server, { only });

beforeAll(async () => {
  const exists = await engine.get('/images/node:24-slim/json').catch(() => undefined);
  if (exists === undefined) await engine.post('/images/create?fromImage=node&tag=24-slim');
  await engine.post('/volumes/create', { Name: `${app}-data` });
  await engine.post(`/containers/create?name=${app}-web`, {
    Image: 'node:24-slim',
    Cmd: ['node', '-e', 'setTimeout(() => {}, 1e9)'],
    HostConfig: { Mounts: [{ Type: 'volume', Source: `${app}-data`, Target: '/sealift' }] },
  });
});
afterAll(() => removeApp(server, app));

test('a snapshot is the same as long as nothing changes', async () => {
  expect(await look()).toBe(await look());
  expect(await look()).toContain(`${app}-web`);
});

describe('a snapshot shows', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['a container that was started', () => engine.post(`/containers/${app}-web/start`)],
    ['a file that was written for Sealift', () => shell('echo green > /sealift/split')],
    ['the same file written again', () => shell('touch -d "2001-01-01" /sealift/split')],
    ['a container that was restarted', () => engine.post(`/containers/${app}-web/restart?t=0`)],
    ['a container that was stopped', () => engine.post(`/containers/${app}-web/stop?t=0`)],
    ['a new network', () => engine.post('/networks/create', { Name: `${app}-blue` })],
    ['a new volume', () => engine.post('/volumes/create', { Name: `${app}-more` })],
    ['a new tag', () => engine.post(`/images/node:24-slim/tag?repo=${app}&tag=1`)],
    ['a container that was removed', () => engine.delete(`/containers/${app}-web?force=1`)],
  ])('%s', async (_, change) => {
    const before = await look();
    await change();
    expect(await look()).not.toBe(before);
  });
});

test('an app is taken off a server with all that is its own, and nothing else', async () => {
  const other = `${app}other`;
  await engine.post('/volumes/create', { Name: other });
  await removeApp(server, app);
  expect(await look()).toContain(other);
  await engine.delete(`/volumes/${other}`);
  expect(JSON.parse(await look())).toEqual({ containers: [], images: [], networks: [], volumes: [] });
});

test('the probe behaves as it is told', async () => {
  const checkout = await workspace({ files: probe({ version: '7', behaviour: { UP_AFTER_MS: 300 } }) });
  const docker = lab.docker;
  try {
    await docker('build', '--quiet', '--tag', app, checkout.path);
    await docker('run', '--detach', '--name', app, '--env', 'EXIT_AFTER_MS=60000', app);
    const look = 'until wget -qO- http://127.0.0.1:3000/; do sleep 0.1; done';
    expect(await docker('exec', app, 'sh', '-c', look)).toContain('"version":"7"');
    await docker('stop', app);
    expect(await docker('logs', app)).toContain('was told to stop: drain');
  } finally {
    await docker('rm', '--force', app).catch(() => undefined);
    await docker('image', 'rm', '--force', app).catch(() => undefined);
    await checkout.remove();
  }
});

test('asking finds a server that is not there', async () => {
  const closed = `http://${server.address}:1/`;
  await expect(ask(closed)).rejects.toThrow('ECONNREFUSED');
  await expect(askUntil(closed, () => true, { within: 300 })).rejects.toThrow('ECONNREFUSED');
});

async function shell(script: string): Promise<void> {
  // Attached, or the engine would answer before the script has run.
  const exec = { Cmd: ['sh', '-c', script], AttachStdout: true, AttachStderr: true };
  const { Id } = await engine.post(`/containers/${app}-web/exec`, exec);
  await engine.post(`/exec/${Id}/start`, { Detach: false });
}
