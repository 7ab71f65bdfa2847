/** The action's way to an engine, as each scheme of `hosts` has it. */
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connect } from '../../src/engine/connect.ts';
import type { Engine, EngineEvent } from '../../src/engine/engine.ts';
import { Conflict, NotFound } from '../../src/engine/errors.ts';
import type { HostAccess, SshAccess } from '../../src/model/access.ts';
import { HostError } from '../../src/model/errors.ts';
import { parseHostAddress } from '../../src/model/host-address.ts';
import { programEnvironment } from '../../src/run/environment.ts';
import { failure, makeStepContext, type TestStepContext } from '../engine/step-context.ts';
import { labWith, type Server, uniqueName } from './lab.ts';

export const lab = await labWith(2);
export const [server, other] = twoServers();

function twoServers(): [Server, Server] {
  const [one, another] = lab.servers;
  if (one === undefined || another === undefined) throw new Error('This needs a lab with two servers.');
  return [one, another];
}

const ssh: SshAccess = {
  privateKey: lab.ssh.key,
  passphrase: undefined,
  knownHosts: lab.ssh.knownHosts,
  config: '',
};
export const access: HostAccess = { ssh, tls: lab.tls.own };
export const withSsh = (changes: Partial<SshAccess>): HostAccess => ({
  ...access,
  ssh: { ...ssh, ...changes },
});

export let step: TestStepContext;
const engines: Engine[] = [];

export async function open(url: string, as: HostAccess = access): Promise<Engine> {
  const engine = await connect(parseHostAddress(url), as, step);
  engines.push(engine);
  return engine;
}

export async function refused(url: string, as: HostAccess = access): Promise<Error> {
  return await failure(open(url, as));
}

const { DOCKER_HOST: runnersEngine = '' } = lab.runnerEnvironment;
const WAYS = {
  'ssh://': server.url,
  'tcp:// with TLS': server.tcpUrl,
  'unix://': runnersEngine,
};

export async function pull(engine: Engine): Promise<void> {
  const env = { ...programEnvironment(), ...lab.runnerEnvironment, ...engine.cliEnvironment };
  await step.run('docker', ['pull', '--quiet', 'busybox:1'], { env });
}

/** A running container of busybox, removed when `use` is done. */
export async function withContainer(
  engine: Engine,
  use: (id: string) => Promise<void>,
  command: readonly string[] = ['sleep', '600'],
): Promise<void> {
  await pull(engine);
  const id = await engine.createContainer(uniqueName('eng'), {
    Image: 'busybox:1',
    Cmd: command,
    HostConfig: { Init: true },
  });
  const remove = () => engine.removeContainer(id, { force: true });
  try {
    await engine.startContainer(id);
    await use(id);
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
  if (!engine.disconnected.aborted) await remove();
}

/** Each test has a folder for its connections, in which nothing is left after it. */
export function connectInTests(): void {
  beforeEach(async () => {
    step = await makeStepContext();
  });

  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine[Symbol.asyncDispose]();
    const left = await readdir(step.folder);
    await step.remove();
    expect(left).toEqual([]);
  });
}

/** What is asked of an engine, over one of the ways to it. */
export function proveEngine(way: keyof typeof WAYS): void {
  describe(`over ${way}`, () => {
    test('the engine says what it is, and docker itself reaches the same one', async () => {
      const engine = await open(WAYS[way]);
      const version = await engine.version();
      expect(version).toMatchObject({ os: 'linux', version: expect.stringMatching(/^\d+\./) });
      const env = { ...programEnvironment(), ...lab.runnerEnvironment, ...engine.cliEnvironment };
      const { stdout } = await step.run('docker', ['version', '--format', '{{.Server.Version}}'], { env });
      expect(stdout.trim()).toBe(version.version);
    });

    test('a program runs in a container, with both streams and its exit code', async () => {
      const engine = await open(WAYS[way]);
      await withContainer(engine, async (id) => {
        const script = 'yes SOME WORDS 2>/dev/null | head -n 20000; echo oops >&2; exit 3';
        const result = await engine.exec(id, ['sh', '-c', script]);
        expect(result).toEqual({ exitCode: 3, stdout: 'SOME WORDS\n'.repeat(20_000), stderr: 'oops\n' });
        // One that closes its output before it ends.
        expect(await engine.exec(id, ['sh', '-c', 'exec >&- 2>&-; sleep 0.3; exit 4'])).toMatchObject({
          exitCode: 4,
        });
        expect(await engine.exec(id, ['no-such-program'])).toMatchObject({ exitCode: 127 });
      });
    });

    test('the log of a container comes in lines, the last ones', async () => {
      const engine = await open(WAYS[way]);
      await withContainer(
        engine,
        async (id) => {
          for (;;) if ((await engine.inspectContainer(id)).state === 'exited') break;
          expect(await engine.containerLogs(id, 100)).toEqual(['one', 'two', 'three']);
          expect(await engine.containerLogs(id, 2)).toEqual(['two', 'three']);
          expect(await engine.inspectContainer(id)).toMatchObject({
            exitCode: 5,
            oomKilled: false,
            restartCount: 0,
          });
        },
        ['sh', '-c', 'echo one; sleep 0.1; echo two >&2; sleep 0.1; printf three; exit 5'],
      );
    });

    test('files are written to and read from a container that was never started', async () => {
      const engine = await open(WAYS[way]);
      const tag = uniqueName('eng');
      await engine.importEmptyImage('sealift/eng', tag);
      const id = await engine.createContainer(tag, {
        Image: `sealift/eng:${tag}`,
        Cmd: ['never'],
        Labels: { eng: tag },
        Volumes: { '/data': {} },
      });
      try {
        const files = new Map([
          ['a/b/deep', { content: 'deep' }],
          ['zeros', { content: Buffer.alloc(300_000), mode: 0o600 }],
          ['ü', { content: 'text' }],
        ]);
        await engine.writeFiles(id, '/data', files);
        const read = await engine.readFiles(id, '/data');
        expect([...read.keys()].sort()).toEqual(['a/b/deep', 'zeros', 'ü']);
        expect(read.get('a/b/deep')?.toString()).toBe('deep');
        expect(read.get('zeros')?.equals(Buffer.alloc(300_000))).toBe(true);
        expect([...(await engine.readFiles(id, '/data/a/b/deep')).keys()]).toEqual(['deep']);
        expect(await engine.readFiles(id, '/nowhere')).toEqual(new Map());
        expect(await failure(engine.readFiles('no-such-container', '/data'))).toBeInstanceOf(NotFound);
        expect(await failure(engine.writeFiles('no-such-container', '/data', files))).toBeInstanceOf(
          NotFound,
        );
        const found = await engine.listContainers([`eng=${tag}`]);
        expect(found).toMatchObject([{ id, name: tag, state: 'created', labels: { eng: tag } }]);
        expect(
          await failure(engine.createContainer(tag, { Image: `sealift/eng:${tag}`, Cmd: ['x'] })),
        ).toBeInstanceOf(Conflict);
        expect(await engine.removeImage(`sealift/eng:${tag}`)).toBe(false);
      } finally {
        await engine.removeContainer(id);
        await engine.removeContainer(id);
        expect(await engine.removeImage(`sealift/eng:${tag}`)).toBe(true);
      }
      expect(await engine.removeImage(`sealift/eng:${tag}`)).toBe(false);
      expect(await engine.inspectImage(`sealift/eng:${tag}`)).toBeUndefined();
    });

    test('events arrive from the moment in which the stream is open, until they are no longer wanted', async () => {
      const engine = await open(WAYS[way]);
      await withContainer(engine, async (id) => {
        const stop = new AbortController();
        const events = await engine.events(
          { type: ['container'], container: [id], event: ['die', 'start'] },
          stop.signal,
        );
        const seen: EngineEvent[] = [];
        const listening = (async () => {
          for await (const event of events) if (seen.push(event) === 2) stop.abort();
        })();
        await engine.stopContainer(id, 0);
        await engine.stopContainer(id, 0);
        await engine.startContainer(id);
        await listening;
        expect(seen.map(({ action, id: of }) => [action, of])).toEqual([
          ['die', id],
          ['start', id],
        ]);
        expect(seen[0]?.attributes['name']).toMatch(/^eng-/);
      });
    });

    test('networks, volumes and images are made, found and removed', async () => {
      const engine = await open(WAYS[way]);
      const name = uniqueName('eng');
      await engine.createNetwork({ Name: name, Labels: { eng: name } });
      expect(await failure(engine.createNetwork({ Name: name }))).toBeInstanceOf(Conflict);
      expect(await engine.listNetworks([`eng=${name}`])).toEqual([
        {
          ...{ id: expect.any(String), name, labels: expect.objectContaining({ eng: name }) },
          subnets: [expect.stringMatching(/^[\d.]+\/24$/)],
        },
      ]);
      const env = { ...programEnvironment(), ...lab.runnerEnvironment, ...engine.cliEnvironment };
      await step.run('docker', ['network', 'rm', name], { env });
      expect(await engine.listNetworks([`eng=${name}`])).toEqual([]);
      expect(await engine.inspectVolume(name)).toBeUndefined();
      await engine.createVolume({ Name: name, Labels: { eng: name } });
      expect(await engine.inspectVolume(name)).toEqual({ name, labels: { eng: name } });
      await step.run('docker', ['volume', 'rm', name], { env });
      await pull(engine);
      await engine.tagImage('busybox:1', 'eng/tagged', name);
      expect(await engine.listImages({ reference: ['eng/tagged'] })).toMatchObject([
        { repoTags: expect.arrayContaining([`eng/tagged:${name}`]) },
      ]);
      expect(await engine.inspectImage(`eng/tagged:${name}`)).toMatchObject({
        id: (await engine.inspectImage('busybox:1'))?.id,
      });
      expect(await engine.removeImage(`eng/tagged:${name}`)).toBe(true);
    });

    test('200 calls at once are all answered', async () => {
      const engine = await open(WAYS[way]);
      const answers = await Promise.all(Array.from({ length: 200 }, () => engine.listContainers([])));
      expect(answers).toHaveLength(200);
    });

    test('after close every call, also one under way, ends with an error that names the host', async () => {
      const engine = await open(WAYS[way]);
      await withContainer(await open(WAYS[way]), async (id) => {
        const call = failure(engine.exec(id, ['sleep', '60']));
        const listening = await engine.events({}, new AbortController().signal);
        const next = failure(
          (async () => {
            for await (const _ of listening);
          })(),
        );
        await engine[Symbol.asyncDispose]();
        for (const error of [await call, await next, await failure(engine.listContainers([]))]) {
          expect(error).toBeInstanceOf(HostError);
          expect(error.message).toBe(`${engine.host}: the connection was closed by this job.`);
        }
      });
    });
  });
}
