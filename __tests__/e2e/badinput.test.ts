/** What is wrong in a workflow, a key, a file or a server: one clear error that names the input, and nothing changed. */
import { expect, test } from '@jest/globals';
import type { Inputs } from '../support/action.ts';
import { compose, webApp } from '../support/apps/probe.ts';
import { removeApp } from '../support/lab/cleanup.ts';
import { labWith, uniqueName, uniquePort } from '../support/lab.ts';
import { RefusingApp } from '../support/refusing-app.ts';

const lab = await labWith(2, { builds: true });
const refusing = new RefusingApp(lab);
const { server, other, absent } = refusing;
const variable = { image: '${IMAGE}', ports: ['1234:3000'], environment: { KEY: '${API_KEY}' } };

test.each<[string, Inputs, readonly (string | RegExp)[]]>([
  ['an input with a value that there is not', { strategy: 'blue-gren' }, ['strategy', 'blue-green']],
  ['a key that the server does not know', { 'ssh-key': lab.ssh.foreignKey }, ['ssh-key', server.url]],
  [
    'a host key that has changed',
    { 'known-hosts': refusing.knownHost(server.address, other.address) },
    ['known-hosts', server.url, /another host key|changed/i],
  ],
  [
    'one host of several that is not reached',
    {
      hosts: `${server.url}\nssh://deploy@${absent}`,
      'known-hosts': lab.ssh.knownHosts + refusing.knownHost(absent, server.address),
    },
    [absent],
  ],
  [
    'a password that the registry refuses',
    { 'registry-password': 'another-password' },
    ['registry-password', lab.registry.address],
  ],
])('%s is told by one error that names the input, and nothing is changed', async (_, inputs, says) => {
  await refusing.expectRefused(() => refusing.app.deliver(inputs), { says });
});

test('a Compose file with a variable that is not set is told by one error that names it, and nothing is changed', async () => {
  const files = compose({ services: { web: variable } });
  const deliver = () => refusing.app.deliver();
  await refusing.with(files, () => refusing.expectRefused(deliver, { says: ['env', 'API_KEY'] }));
});

test('a port that a container of another app has is not taken from it, and who builds is told before the build', async () => {
  const { engine } = server;
  const name = uniqueName('squatter');
  const port = uniquePort();
  await engine.post(`/containers/create?name=${name}`, {
    Image: 'caddy:2.11',
    HostConfig: { PortBindings: { '80/tcp': [{ HostPort: String(port) }] } },
  });
  await engine.post(`/containers/${name}/start`);
  const says = [`port ${port}`, name];
  try {
    await refusing.with(webApp({ version: '2', port }), async () => {
      await refusing.expectRefused(() => refusing.app.deploy(refusing.image), { says });
      const run = await refusing.expectRefused(() => refusing.app.deliver({ test: 'true' }), { says });
      expect(run.log).not.toContain('Build, test and push');
      expect(run.debug.join('\n')).not.toContain('buildx bake');
    });
  } finally {
    await removeApp(server, name);
  }
});

test('a full disk is named, and what was live stays', async () => {
  const { image } = (await refusing.app.build()).outputs;
  await lab.run('fill', server.name);
  try {
    const run = await refusing.app.deploy(image);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(/disk|no space left/i);
    expect(run.errors[0]?.message).toContain(server.url);
    await refusing.expectServing();
  } finally {
    await lab.run('unfill', server.name);
  }
});
