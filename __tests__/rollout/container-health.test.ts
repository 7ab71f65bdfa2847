import { describe, expect, test } from '@jest/globals';
import type { ContainerDetails } from '../../src/engine/engine.ts';
import {
  assessContainer,
  type CrashHistory,
  containerStateText,
  failureSince,
  SETTLE_TIME,
} from '../../src/rollout/container-health.ts';
import { details, health } from './support/memory-engine.ts';

const ok = { kind: 'ok' };
const pending = { kind: 'pending' };
const failed = (why: string): unknown => ({ kind: 'failed', why });

const LONG = SETTLE_TIME * 10;
const NO_CRASHES: CrashHistory = { restarts: 0, lastExit: undefined, toleranceLeft: 0 };

describe('the assessment of a container that should keep running', () => {
  test.each<[string, Partial<ContainerDetails>, number, unknown]>([
    ['has a HEALTHCHECK that is healthy', { health: health('healthy') }, 0, ok],
    ['has a HEALTHCHECK that is starting', { health: health('starting') }, LONG, pending],
    [
      'has a HEALTHCHECK that fails',
      { health: health('unhealthy', 'trying\ncurl: (7) refused\n') },
      0,
      failed('its HEALTHCHECK fails: curl: (7) refused'),
    ],
    [
      'fails silently',
      { health: health('unhealthy', ' \n') },
      0,
      failed('its HEALTHCHECK fails: its command prints nothing'),
    ],
    ['has no HEALTHCHECK and just started', {}, 0, { kind: 'pending', recheckIn: SETTLE_TIME }],
    ['has no HEALTHCHECK and runs for a while', {}, 500, { kind: 'pending', recheckIn: SETTLE_TIME - 500 }],
    ['has no HEALTHCHECK and has settled', {}, SETTLE_TIME, ok],
    ['has HEALTHCHECK NONE and has settled', { health: health('none') }, SETTLE_TIME, ok],
    ['is created', { state: 'created' }, LONG, pending],
    ['is between two starts', { state: 'restarting', exitCode: 1, restartCount: 3 }, LONG, pending],
    ['was healthy and restarts', { state: 'restarting', health: health('healthy') }, LONG, pending],
    ['is paused', { state: 'paused', health: health('healthy') }, LONG, pending],
    ['exited with 1', { state: 'exited', exitCode: 1 }, LONG, failed('it exited with code 1')],
    ['exited with 0', { state: 'exited' }, LONG, failed('it exited with code 0')],
    [
      'was out of memory',
      { state: 'exited', exitCode: 137, oomKilled: true },
      LONG,
      failed('it exited with code 137 (out of memory)'),
    ],
    [
      'could not be started',
      { state: 'exited', exitCode: 127, error: 'exec: "nope": not found' },
      0,
      failed('it exited with code 127: exec: "nope": not found'),
    ],
    [
      'is dead though its HEALTHCHECK was healthy',
      { state: 'dead', health: health('healthy') },
      0,
      failed('it exited with code 0'),
    ],
  ])('when it %s', (_, changes, runningFor, assessment) => {
    expect(assessContainer(details(changes), 'never', runningFor)).toEqual(assessment);
  });
});

describe('the assessment of a container that crashes', () => {
  const crashing = details({ state: 'restarting', exitCode: 1, restartCount: 9 });
  const crashHistory = (changes: Partial<CrashHistory> = {}): CrashHistory => ({
    ...NO_CRASHES,
    restarts: 3,
    ...changes,
  });

  test('is failed when it crashes again and again', () => {
    expect(assessContainer(crashing, 'never', LONG, crashHistory())).toEqual(
      failed('it crashes again and again: it exited with code 1, 3 restarts'),
    );
  });

  test('names the lack of memory', () => {
    const end = { exitCode: 137, oomKilled: true };
    expect(
      assessContainer(
        { ...crashing, exitCode: 137 },
        'never',
        LONG,
        crashHistory({ restarts: 4, lastExit: end }),
      ),
    ).toEqual(failed('it crashes again and again: it exited with code 137 (out of memory), 4 restarts'));
  });

  test('is pending while crashes are tolerated', () => {
    const early = crashHistory({ restarts: 20, toleranceLeft: 700 });
    expect(assessContainer(crashing, 'never', LONG, early)).toEqual({ kind: 'pending', recheckIn: 700 });
  });

  test('is pending after few restarts', () => {
    expect(assessContainer(crashing, 'never', LONG, crashHistory({ restarts: 2 }))).toEqual(pending);
  });

  test('is ok when it keeps running after its crashes', () => {
    expect(
      assessContainer(details({ restartCount: 9 }), 'never', SETTLE_TIME, crashHistory({ restarts: 9 })),
    ).toEqual(ok);
    const healthy = details({ health: health('healthy') });
    expect(assessContainer(healthy, 'never', 0, crashHistory({ restarts: 9 }))).toEqual(ok);
  });
});

describe('the assessment of a one-shot container', () => {
  test.each<[string, Partial<ContainerDetails>, unknown]>([
    ['still runs', { health: health('healthy') }, pending],
    ['ended with 0', { state: 'exited' }, ok],
    ['ended with 3', { state: 'exited', exitCode: 3 }, failed('it exited with code 3')],
  ])('when it %s', (_, changes, assessment) => {
    expect(assessContainer(details(changes), 'always', LONG)).toEqual(assessment);
  });
});

describe('the state of a container in an error', () => {
  const end = { exitCode: 137, oomKilled: true };

  test.each<[Partial<ContainerDetails>, Partial<CrashHistory>, string]>([
    [{}, {}, 'running'],
    [{ health: health('starting') }, {}, 'running, HEALTHCHECK starting'],
    [{ health: health('none') }, {}, 'running'],
    [{ state: 'restarting', exitCode: 1 }, { restarts: 4 }, 'restarting, it exited with code 1, 4 restarts'],
    // Restarts before the wait do not count.
    [{ restartCount: 7 }, {}, 'running'],
    // A container that runs again reports exit code 0.
    [{}, { restarts: 1, lastExit: end }, 'running, it exited with code 137 (out of memory), 1 restart'],
    [{}, { restarts: 2 }, 'running, 2 restarts'],
  ])('has its HEALTHCHECK and its crashes: %j %j', (changes, crashHistory, text) => {
    expect(containerStateText(details(changes), { ...NO_CRASHES, ...crashHistory })).toBe(text);
  });
});

describe('the assessment of a container that may end or run on', () => {
  test.each<[string, Partial<ContainerDetails>, number, unknown]>([
    ['runs for two seconds', {}, SETTLE_TIME, ok],
    ['started just now', {}, 0, { kind: 'pending', recheckIn: SETTLE_TIME }],
    ['ended with 0', { state: 'exited' }, 0, ok],
    ['ended with 3', { state: 'exited', exitCode: 3 }, LONG, failed('it exited with code 3')],
    ['ended with 0 before its HEALTHCHECK', { state: 'exited', health: health('starting') }, 0, ok],
  ])('when it %s', (_, changes, runningFor, assessment) => {
    expect(assessContainer(details(changes), 'maybe', runningFor)).toEqual(assessment);
  });
});

test('only a container that ends, or may, is allowed to exit, with code 0', () => {
  const ended = details({ state: 'exited', exitCode: 0 });
  expect(failureSince(details(), ended, 'always', NO_CRASHES)).toBeUndefined();
  expect(failureSince(details(), ended, 'maybe', NO_CRASHES)).toBeUndefined();
  expect(failureSince(details(), ended, 'never', NO_CRASHES)).toBe('it exited with code 0');
  expect(failureSince(details(), { ...ended, exitCode: 2 }, 'always', NO_CRASHES)).toBe(
    'it exited with code 2',
  );
  expect(failureSince(details(), { ...ended, exitCode: 2 }, 'maybe', NO_CRASHES)).toBe(
    'it exited with code 2',
  );
});
