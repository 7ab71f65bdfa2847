import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ComposeService } from '../../src/model/compose-config.ts';
import { CommandError, HostError } from '../../src/model/errors.ts';
import type { Release } from '../../src/model/release.ts';
import { stopServices } from '../../src/rollout/containers.ts';
import { composeHookError, runPostStart } from '../../src/rollout/lifecycle-hooks.ts';
import { makeRelease } from '../plan/world.ts';
import { hostName } from '../support/identifiers.ts';
import { StartingEngine, startingContext } from './support/starting-engine.ts';

const releaseWith = (web: ComposeService): Release => ({
  ...makeRelease('22222222', { web: 'served' }),
  compose: { services: { web } },
  health: { path: undefined, timeout: 60_000 },
});
const STOPPING = releaseWith({ pre_stop: [{ command: ['leave', '--now'] }, { command: ['bye'] }] });

let warnings: string[];

beforeEach(() => {
  warnings = [];
});
afterEach(() => {
  jest.restoreAllMocks();
});

function running(release: Release): StartingEngine {
  const engine = new StartingEngine(release);
  engine.set({ id: 'web-1', state: 'running' });
  return engine;
}

/** The time of every limit is over at once; returns the limits in milliseconds. */
function withoutTime(): readonly number[] {
  const limits: number[] = [];
  jest.spyOn(AbortSignal, 'timeout').mockImplementation((limit) => {
    limits.push(limit);
    const over = new AbortController();
    setImmediate(() => over.abort(new DOMException('over', 'TimeoutError')));
    return over.signal;
  });
  return limits;
}

test('a hook runs as the Compose file says: as another user, with rights, variables and a folder of its own', async () => {
  const hook = {
    command: ['sh', '-c', 'echo $$PRICE'],
    user: 'root',
    privileged: true,
    working_dir: '/srv',
    environment: { PRICE: '$$5', UNSET: null, COUNT: 3 },
  };
  const release = releaseWith({ post_start: [hook, { command: ['true'] }] });
  const engine = running(release);
  await runPostStart(startingContext(engine, release), await engine.inspectContainer('web-1'));
  const [first, second] = engine.executed;
  expect(first?.argv).toEqual(['sh', '-c', 'echo $PRICE']);
  expect(first?.options).toMatchObject({
    user: 'root',
    privileged: true,
    workingDir: '/srv',
    environment: ['PRICE=$5', 'UNSET', 'COUNT=3'],
  });
  expect(second?.options).toMatchObject({ user: undefined, privileged: false, environment: [] });
});

test('post_start has as long as health-timeout says', async () => {
  const release = releaseWith({ post_start: [{ command: ['sleep', '1d'] }] });
  const engine = running(release);
  engine.ends = false;
  const limits = withoutTime();
  const run = runPostStart(startingContext(engine, release), await engine.inspectContainer('web-1'));
  await expect(run).rejects.toThrow(
    'ssh://one: post_start of web, "sleep 1d", did not end in web-1 within 1m. Increase "health-timeout"',
  );
  expect(limits).toEqual([60_000]);
});

test('a program of post_start that the image lacks is a warning, since Compose ignores it as well', async () => {
  const release = releaseWith({ post_start: [{ command: ['gone'] }] });
  const engine = running(release);
  const output = 'OCI runtime exec failed: exec failed: exec: "gone": executable file not found in $PATH\r\n';
  engine.output = { exitCode: 127, stdout: output, stderr: '' };
  const context = startingContext(engine, release, warnings);
  await runPostStart(context, await engine.inspectContainer('web-1'));
  expect(warnings).toEqual([
    expect.stringContaining(
      'post_start of web, "gone", could not be started in web-1: OCI runtime exec failed',
    ),
  ]);
});

test('pre_stop runs before a container stops, one command after the other', async () => {
  const engine = running(STOPPING);
  await stopServices(startingContext(engine, STOPPING), { release: STOPPING.id });
  expect(engine.calls).toEqual(['run leave --now in web-1', 'run bye in web-1', 'stop web-1']);
});

test('a container that is stopped already gets no pre_stop', async () => {
  const engine = new StartingEngine(STOPPING);
  await stopServices(startingContext(engine, STOPPING), { release: STOPPING.id });
  expect(engine.calls).toEqual([]);
});

test('a pre_stop that fails is a warning, and the container stops', async () => {
  const engine = running(STOPPING);
  engine.output = { exitCode: 2, stdout: '', stderr: 'not registered' };
  const context = startingContext(engine, STOPPING, warnings);
  await stopServices(context, { release: STOPPING.id });
  expect(engine.calls).toEqual(['run leave --now in web-1', 'stop web-1']);
  expect(warnings).toEqual([
    'ssh://one: pre_stop of web, "leave --now", failed in web-1 with exit code 2: not registered. It is stopped all the same.',
  ]);
});

test.each([
  ['takes longer than health-timeout', false, 60_000],
  ['takes longer than a second after the job was cancelled', true, 1_000],
])('a pre_stop that %s is given up, and the container stops', async (_, jobCancelled, limit) => {
  const engine = running(STOPPING);
  engine.ends = false;
  const limits = withoutTime();
  const context = { ...startingContext(engine, STOPPING, warnings), jobCancelled };
  await stopServices(context, { release: STOPPING.id });
  expect(engine.calls).toEqual(['run leave --now in web-1', 'stop web-1']);
  expect(limits).toEqual([limit]);
  expect(warnings[0]).toContain('did not end in web-1 within');
});

test('a post_start that fails when Compose creates the container is told in plain words', () => {
  const stderr = ' Container hk-web-1  Starting\nweb hook exited with status 3\n';
  const error = composeHookError(hostName('ssh://one'), new CommandError('docker compose up', 1, stderr));
  expect(error).toBeInstanceOf(HostError);
  expect(error?.message).toContain('ssh://one: post_start of web failed with exit code 3.');
  const other = new CommandError('docker compose up', 1, 'no space left');
  expect(composeHookError(hostName('ssh://one'), other)).toBeUndefined();
});
