/** Delivery without a registry: images go from the runner to the servers, and nothing else travels. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { compose } from '../../support/apps/probe.ts';
import { beginDirectApp, directFiles, withContainerdStore } from '../../support/direct-app.ts';
import { directApp, transferTo } from '../../support/direct-tests.ts';
import { removeApp } from '../../support/lab/cleanup.ts';
import { labWith, serverOf, sshInputs } from '../../support/lab.ts';
import { succeeded, testApp } from '../../support/test-app.ts';

const lab = await labWith(2, { builds: true });
const server = serverOf(lab);

const PULLED = 'its engine pulled the missing layers from this runner';
const MISSING = 'as an archive with the missing layers';
const WHOLE = 'as an archive with all layers';

describe('over SSH', () => {
  const direct = directApp(lab);
  let firstRelease: string | undefined;

  test('the server pulls the image from the runner, tested and by digest, and nothing is pushed', async () => {
    const { app, repository } = direct();
    const run = await direct().deliver('1', { test: 'node --version' });
    expect(transferTo(run, server).way).toBe(PULLED);
    expect(await app.version()).toBe('1');
    expect(succeeded(run).outputs['image']).toMatch(new RegExp(`^${repository}@sha256:[0-9a-f]{64}$`));
    expect(run.log).toContain('Nothing is pushed.');
    // The engine itself has recorded the digest that it verified.
    const { digest = '' } = run.outputs;
    const found = await server.engine.get(`/images/${repository}:${digest.replace(':', '-')}/json`);
    expect(found.RepoDigests).toEqual(expect.arrayContaining([expect.stringContaining(`@${digest}`)]));
    firstRelease = run.outputs['release'];
  });

  test('of a change of 3 MB, 1.5 MB travel', async () => {
    const run = await direct().deliver('2', { test: 'node --version' });
    const { way, sent } = transferTo(run, server);
    expect(way).toBe(PULLED);
    // Compressed, they are half as many.
    expect(sent).toBeGreaterThan(1.4);
    expect(sent).toBeLessThan(2);
    expect(await direct().app.version()).toBe('2');
    expect(run.summary).toMatch(/1\.\d MB/);
  });

  test('the same commit is not built again: the runner has it, or a server', async () => {
    const again = succeeded(await direct().deliverAgain({ test: 'node --version', force: 'true' }));
    expect(again.log).toContain('was built from this commit already and is on this runner');
    const other = await mkdtemp(join(tmpdir(), 'tools-'));
    try {
      const elsewhere = succeeded(await direct().deliverAgain({ test: 'node --version' }, other));
      expect(elsewhere.log).toContain(`was built from this commit already and is on ${server.url}`);
    } finally {
      await rm(other, { recursive: true });
    }
    expect(await direct().app.version()).toBe('2');
  });

  test('a rollback needs nothing but the server', async () => {
    succeeded(await direct().rollback({ to: firstRelease }));
    expect(await direct().app.version()).toBe('1');
  });

  test('where sshd forwards no port, the missing layers come as an archive, and the log says why', async () => {
    await lab.run('sshd-opts', server.name, 'PermitListen none');
    try {
      const run = await direct().deliver('3');
      const { way, sent } = transferTo(run, server);
      expect(way).toBe(MISSING);
      expect(sent).toBeLessThan(2);
      expect(run.log).toContain(
        'is sent as an archive through the API of the engine, because sshd refuses to forward a port (AllowTcpForwarding, PermitListen)',
      );
    } finally {
      await lab.run('sshd-opts', server.name, '');
    }
    expect(await direct().app.version()).toBe('3');
  });

  test('over TCP, the missing layers come as an archive', async () => {
    const { ca, cert, key } = lab.tls.own;
    const tls = { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key };
    const access = { hosts: server.tcpUrl, 'ssh-key': '', 'known-hosts': '', ...tls };
    const run = await direct().deliver('4', access);
    const { way, sent } = transferTo(run, server);
    expect(way).toBe(MISSING);
    expect(sent).toBeLessThan(2);
    expect(await direct().app.version()).toBe('4');
  });

  test('a later deploy finds what came in either way, and what is pruned is gone', async () => {
    const run = await direct().deliver('5', { keep: '1' });
    expect(transferTo(run, server).sent).toBeLessThan(2);
    expect(await direct().app.version()).toBe('5');
    const images: readonly { readonly RepoTags: readonly string[] | null }[] =
      await server.engine.get('/images/json');
    const own = images.filter(({ RepoTags }) => RepoTags?.some((tag) => tag.includes(direct().app.name)));
    expect(own).toHaveLength(1);
  });

  test('in the job that has built it, it becomes a file, and is deployed from that on another server', async () => {
    const { app, tools } = direct();
    const other = serverOf(lab, 1);
    const folder = await mkdtemp(join(tmpdir(), 'exported-'));
    const { image, digest } = succeeded(await direct().build()).outputs;
    const own = { app: app.name, environment: app.environment };
    const exported = (cache: string) =>
      app.run(
        'export',
        {
          ...{ ...own, image, 'image-transfer': 'direct', path: folder },
          'edge-image': `${lab.mirror.address}/library/caddy:2.11`,
        },
        { env: { RUNNER_TOOL_CACHE: cache } },
      );
    try {
      const elsewhere = await exported(join(folder, 'another-runner'));
      expect(elsewhere.errors[0]?.message).toContain('is neither on this runner nor on a host');
      const { archive } = succeeded(await exported(tools)).outputs;
      const run = succeeded(await app.run('import', { ...own, archive, ...sshInputs(lab, [other]) }));
      expect(run.outputs['digest']).toBe(digest);
      expect(await app.version(other)).toBe('5');
    } finally {
      await rm(folder, { recursive: true });
      await removeApp(other, app.name);
    }
  });
});

test('a server with the containerd image store records the digest under the name of the image', async () => {
  const other = serverOf(lab, 1);
  await withContainerdStore(lab, other, async () => {
    const direct = await beginDirectApp(lab, [other]);
    try {
      const first = await direct.deliver('1');
      expect(transferTo(first, other).way).toBe(PULLED);
      const run = await direct.deliver('2');
      const { way, sent } = transferTo(run, other);
      expect(way).toBe(PULLED);
      expect(sent).toBeLessThan(2);
      expect(await direct.app.version()).toBe('2');
      const { image = '', digest } = run.outputs;
      const found = await other.engine.get(`/images/${image}/json`);
      expect(found).toMatchObject({ Id: digest, RepoDigests: expect.arrayContaining([image]) });
      succeeded(await direct.rollback());
      expect(await direct.app.version()).toBe('1');
      // It takes the tags that keep images, and leaves the names that the containers have.
      await lab.run('in', other.name, 'docker', 'image', 'prune', '--all', '--force');
      succeeded(await direct.app.removeEnvironment());
      const left: readonly Record<string, readonly string[] | null>[] =
        await other.engine.get('/images/json');
      const names = left.flatMap((each) => [...(each['RepoTags'] ?? []), ...(each['RepoDigests'] ?? [])]);
      expect(names.filter((each) => each.includes(direct.app.name))).toEqual([]);
    } finally {
      await direct.remove();
    }
  });
});

test('a server with the containerd image store that forwards no port gets an archive with all layers, then with those that it lacks', async () => {
  const other = serverOf(lab, 1);
  await withContainerdStore(lab, other, async () => {
    const direct = await beginDirectApp(lab, [other]);
    try {
      await lab.run('in', other.name, 'docker', 'image', 'prune', '--all', '--force');
      await lab.run('sshd-opts', other.name, 'PermitListen none');
      expect(transferTo(await direct.deliver('1'), other).way).toBe(WHOLE);
      const { way, sent } = transferTo(await direct.deliver('2'), other);
      expect(way).toBe(MISSING);
      expect(sent).toBeLessThan(2);
      expect(await direct.app.version()).toBe('2');
    } finally {
      await lab.run('sshd-opts', other.name, '');
      await direct.remove();
    }
  });
});

describe('on two servers', () => {
  const direct = directApp(lab, lab.servers);

  test('a server that has lost an image gets it from the other one for a rollback', async () => {
    const first = await direct().deliver('1');
    for (const each of lab.servers) expect(transferTo(first, each).way).toBe(PULLED);
    const second = await direct().deliver('2');
    // The summary says of each of them what it got.
    for (const each of lab.servers) {
      const row = second.summary.split('\n').find((line) => line.startsWith(`| \`${each.url}\``));
      expect(row).toMatch(new RegExp(`\\| ${transferTo(second, each).sent.toFixed(1)}\\sMB \\|`));
    }
    const [one, other] = [serverOf(lab, 0), serverOf(lab, 1)];
    await direct().lose(one, first);
    const run = succeeded(await direct().rollback());
    expect(run.log).toContain(`is read from ${other.url}, which has it.`);
    expect(await Promise.all([one, other].map((each) => direct().app.version(each)))).toEqual(['1', '1']);
  });
});

test('between servers with different image stores, a rollback finds what was copied', async () => {
  const [one, other] = [serverOf(lab, 0), serverOf(lab, 1)];
  await withContainerdStore(lab, other, async () => {
    const direct = await beginDirectApp(lab, [one, other]);
    const versions = () => Promise.all([one, other].map((each) => direct.app.version(each)));
    try {
      const first = await direct.deliver('1');
      const second = await direct.deliver('2');
      await direct.lose(other, first);
      const run = succeeded(await direct.rollback());
      expect(run.log).toContain(`is read from ${one.url}, which has it.`);
      expect(await versions()).toEqual(['1', '1']);
      succeeded(await direct.rollback({ to: second.outputs['release'] }));
      succeeded(await direct.rollback({ to: first.outputs['release'] }));
      expect(await versions()).toEqual(['1', '1']);
    } finally {
      await direct.remove();
    }
  });
});

test('an engine that does not share the loopback of this machine gets an archive, and the log says why', async () => {
  const app = await testApp({
    ...{ lab, stem: 'vm' },
    // Nobody reaches its ports from here.
    files: () => compose({ services: { web: { image: '${IMAGE}' } } }),
  });
  const hosts = lab.runnerEnvironment['DOCKER_HOST'];
  const { name, environment, checkout } = app;
  const access = { hosts, 'ssh-key': '', 'known-hosts': '' };
  try {
    const { Dockerfile, ...files } = directFiles('1');
    await checkout.commit({
      ...files,
      Dockerfile,
      'compose.yaml': compose({ services: { web: { build: '.' } } })['compose.yaml'],
    });
    const run = succeeded(
      await app.deliver({
        ...access,
        ...{ image: `registry.invalid/e2e/${name}`, 'image-transfer': 'direct' },
        ...{ 'registry-username': '', 'registry-password': '' },
      }),
    );
    expect(run.log).toContain(
      'its engine does not reach the loopback of its server (is it rootless, or in a virtual machine?)',
    );
    expect(run.log).toMatch(/was sent, .*: as an archive with (?:the missing|all) layers\./);
    expect(await lab.docker('ps', '--filter', `name=${name}`, '--format', '{{.State}}')).toBe('running\n');
  } finally {
    const remove = { app: name, environment, confirm: environment, ...access };
    succeeded(await app.run('remove', remove));
    await app.remove();
  }
});
