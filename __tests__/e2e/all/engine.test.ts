/** Engines over the other schemes, with other settings of sshd, and connections that break as a whole (../engine.test.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../../src/engine/engine.ts';
import { HostError } from '../../../src/model/errors.ts';
import { parseHostAddress } from '../../../src/model/host-address.ts';
import { failure } from '../../engine/tools.ts';
import {
  access,
  connectInTests,
  lab,
  open,
  other,
  proveEngine,
  tools,
  withContainer,
} from '../../support/engine-proofs.ts';
import type { Server } from '../../support/lab.ts';
import { until } from '../../support/patience.ts';

connectInTests();
proveEngine('tcp:// with TLS');
proveEngine('unix://');

/** Resolves once a command runs in a container: what was asked before it is under way too. */
async function runs(on: Server, id: string, command: string): Promise<void> {
  const isSo = async () => (await lab.run('in', on.name, 'docker', 'top', id)).includes(command);
  await until(`${command} runs`, isSo);
}

describe('where sshd refuses to forward', () => {
  afterAll(async () => {
    await lab.run('sshd-opts', other.name, '');
  });

  test.each(['AllowTcpForwarding no', 'DisableForwarding yes'])(
    'where sshd says %s the engine is reached all the same',
    async (line) => {
      await lab.run('sshd-opts', other.name, line);
      const engine = await open(other.url);
      await withContainer(engine, async (id) => {
        expect(await engine.exec(id, ['echo', 'through'])).toMatchObject({
          exitCode: 0,
          stdout: 'through\n',
        });
        await Promise.all(Array.from({ length: 50 }, () => engine.inspectContainer(id)));
      });
    },
  );
});

describe('a connection that breaks', () => {
  let watched: Engine;
  afterEach(async () => {
    await lab.run('heal', other.name);
  });

  /** An exec, a list of calls and a stream of events, all under way. */
  async function underWay(engine: Engine, id: string): Promise<Promise<Error>[]> {
    const events = await engine.events({}, new AbortController().signal);
    // Before its first sleep the shell does not ignore TERM yet, and the stop would end the container.
    await runs(other, id, 'sleep 1');
    const calls = [
      failure(engine.exec(id, ['sleep', '300'])),
      failure(engine.stopContainer(id, 300)),
      failure(
        (async () => {
          for await (const _ of events);
        })(),
      ),
    ];
    await runs(other, id, 'sleep 300');
    return calls;
  }

  const stubborn = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];
  const tidy = async () => {
    const engine = await open(other.url);
    for (const { id, name } of await engine.listContainers([]))
      if (name.startsWith('eng-')) await engine.removeContainer(id, { force: true });
  };

  test.each([
    ['ssh://', other.url, /the SSH connection was lost: the server did not answer for 15 s/],
    ['tcp://', other.tcpUrl, /the connection was lost: the server does not answer any more/],
  ])(
    'where a cable breaks over %s every call under way ends by itself with the host and the cause',
    async (_, url, pattern) => {
      watched = await open(url);
      await withContainer(
        watched,
        async (id) => {
          const calls = await underWay(watched, id);
          await lab.run('cut', other.name);
          // One on a connection that looks fine, whose bytes nobody will ever acknowledge.
          calls.push(failure(watched.listContainers([])));
          for (const error of await Promise.all(calls)) {
            expect(error).toBeInstanceOf(HostError);
            expect(error.message).toMatch(pattern);
          }
          expect(watched.disconnected.reason).toBeInstanceOf(HostError);
        },
        stubborn,
      );
      await lab.run('heal', other.name);
      await tidy();
    },
  );

  test('where the engine alone ends calls end, and the connection serves again once it is back', async () => {
    watched = await open(other.url);
    await withContainer(
      watched,
      async (id) => {
        const calls = await underWay(watched, id);
        await lab.run('engine-kill', other.name);
        for (const error of await Promise.all(calls)) {
          expect(error).toBeInstanceOf(HostError);
          expect(error.message).toMatch(/Was it stopped/);
        }
        expect(watched.disconnected.aborted).toBe(false);
        await lab.run('engine-start', other.name);
        expect(await watched.inspectContainer(id)).toMatchObject({ id });
      },
      stubborn,
    );
  });
});

describe('a step that is killed', () => {
  let held: ChildProcess | undefined;
  beforeAll(() => {
    held = undefined;
  });
  afterAll(async () => {
    held?.kill('SIGKILL');
    await lab.run('sshd-opts', other.name, '');
  });

  /** Processes of the user on the server. */
  const remote = async () =>
    new Set(
      (await lab.run('in', other.name, 'sh', '-c', 'pgrep -u deploy || true')).split('\n').filter(Boolean),
    );
  const remoteSince = async (before: ReadonlySet<string>) =>
    [...(await remote())].filter((pid) => !before.has(pid));
  /** Processes on this machine that name the step's folder. */
  const local = async () => {
    const { stdout } = await tools.run('ps', ['-ww', '-eo', 'args']);
    return stdout.split('\n').filter((line) => line.includes(tools.folder) && !line.startsWith('ps '));
  };

  test.each([['with dial-stdio', 'AllowStreamLocalForwarding no']])(
    'a step that is killed %s leaves no process on either side',
    async (_, line) => {
      await lab.run('sshd-opts', other.name, line);
      const before = await remote();
      const file = join(tools.folder, 'hold.json');
      await writeFile(file, JSON.stringify([parseHostAddress(other.url), access, tools.folder]), {
        mode: 0o600,
      });
      held = spawn(process.execPath, [resolve(import.meta.dirname, '../../engine/hold.ts'), file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (held.stdout !== null) await once(held.stdout, 'data');
      expect((await local()).length).toBeGreaterThan(1);
      expect(await remoteSince(before)).not.toEqual([]);
      held.kill('SIGKILL');
      const left = async () => [...(await local()), ...(await remoteSince(before))];
      await until('nothing of it is left on either side', async () => (await left()).length === 0);
      await tools.run('find', [tools.folder, '-mindepth', '1', '-delete']);
    },
  );
});
