/** What both files about engines do with a connection: calls that are under way when it breaks, sshd that refuses to forward, a step that is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { parseHostAddress } from '../../src/model/host-address.ts';
import { failure } from '../engine/step-context.ts';
import { access, lab, open, other, step, withContainer } from './engine-proofs.ts';
import type { Server } from './lab.ts';
import { until } from './patience.ts';

/** Resolves once a command runs in a container: what was asked before it is under way too. */
export async function runs(on: Server, id: string, command: string): Promise<void> {
  const isSo = async () => (await lab.run('in', on.name, 'docker', 'top', id)).includes(command);
  await until(`${command} runs`, isSo);
}

/** A container on `other` that does not end when it is told to, and calls to its engine. */
export async function withCallsUnderWay(
  engine: Engine,
  use: (calls: readonly Promise<Error>[], id: string) => Promise<void>,
): Promise<void> {
  const stubborn = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];
  await withContainer(engine, async (id) => use(await underWay(engine, id), id), stubborn);
}

/** An exec, a list of calls and a stream of events, all under way. */
async function underWay(engine: Engine, id: string): Promise<readonly Promise<Error>[]> {
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

/** Removes, over a new connection, the containers that a broken one has left on `other`. */
export async function removeLeftContainers(): Promise<void> {
  const engine = await open(other.url);
  for (const { id, name } of await engine.listContainers([]))
    if (name.startsWith('eng-')) await engine.removeContainer(id, { force: true });
}

/** The engine of `other` is reached though its sshd has these lines; in a `describe` of its own, which gives sshd back as it was. */
export function proveReachedInSpiteOf(lines: readonly string[]): void {
  afterAll(sshdAsBefore);

  test.each(lines)('where sshd says %s the engine is reached all the same', async (line) => {
    await lab.run('sshd-opts', other.name, line);
    const engine = await open(other.url);
    await withContainer(engine, async (id) => {
      expect(await engine.exec(id, ['echo', 'through'])).toMatchObject({ exitCode: 0, stdout: 'through\n' });
      await Promise.all(Array.from({ length: 50 }, () => engine.inspectContainer(id)));
    });
  });
}

/** A step that holds a connection to `other` over this way is killed; in a `describe` of its own. */
export function proveKilledStepLeavesNothing(way: string, sshdLine: string): void {
  let held: ChildProcess | undefined;
  afterAll(async () => {
    held?.kill('SIGKILL');
    await sshdAsBefore();
  });

  test(`a step that is killed with ${way} leaves no process on either side`, async () => {
    await lab.run('sshd-opts', other.name, sshdLine);
    const before = await processesOnServer();
    const onServerSince = async () => (await processesOnServer()).filter((pid) => !before.includes(pid));
    const file = join(step.folder, 'hold.json');
    await writeFile(file, JSON.stringify([parseHostAddress(other.url), access, step.folder]), {
      mode: 0o600,
    });
    held = spawn(process.execPath, [resolve(import.meta.dirname, '../engine/hold.ts'), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (held.stdout !== null) await once(held.stdout, 'data');
    expect((await processesHere()).length).toBeGreaterThan(1);
    expect(await onServerSince()).not.toEqual([]);
    held.kill('SIGKILL');
    const left = async () => [...(await processesHere()), ...(await onServerSince())];
    await until('nothing of it is left on either side', async () => (await left()).length === 0);
    await step.run('find', [step.folder, '-mindepth', '1', '-delete']);
  });
}

/** Ids of the processes of the user on `other`. */
async function processesOnServer(): Promise<readonly string[]> {
  const pids = await lab.run('in', other.name, 'sh', '-c', 'pgrep -u deploy || true');
  return pids.split('\n').filter(Boolean);
}

/** Processes on this machine that name the step's folder. */
async function processesHere(): Promise<readonly string[]> {
  const { stdout } = await step.run('ps', ['-ww', '-eo', 'args']);
  return stdout.split('\n').filter((line) => line.includes(step.folder) && !line.startsWith('ps '));
}

async function sshdAsBefore(): Promise<void> {
  await lab.run('sshd-opts', other.name, '');
}
