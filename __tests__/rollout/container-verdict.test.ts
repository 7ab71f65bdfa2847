import { describe, expect, test } from '@jest/globals';
import type { ContainerDetails } from '../../src/engine/engine.ts';
import {
  CRASH_LOOP_RESTARTS,
  type CrashHistory,
  containerStateText,
  judgeContainer,
  NO_CRASHES,
  SETTLE_TIME,
} from '../../src/rollout/container-verdict.ts';
import { details, health } from './support/engine.ts';

const good = { kind: 'ok' };
const wait = { kind: 'pending' };
const bad = (why: string): unknown => ({ kind: 'failed', why });

const LONG = SETTLE_TIME * 10;

describe('a container that is to stay up', () => {
  test.each<[string, Partial<ContainerDetails>, number, unknown]>([
    ['has a HEALTHCHECK that is healthy', { health: health('healthy') }, 0, good],
    ['has a HEALTHCHECK that is starting', { health: health('starting') }, LONG, wait],
    [
      'has a HEALTHCHECK that fails',
      { health: health('unhealthy', 'trying\ncurl: (7) refused\n') },
      0,
      bad('its HEALTHCHECK fails: curl: (7) refused'),
    ],
    [
      'fails silently',
      { health: health('unhealthy', ' \n') },
      0,
      bad('its HEALTHCHECK fails: its command prints nothing'),
    ],
    ['has no HEALTHCHECK and just started', {}, 0, { kind: 'pending', recheckIn: SETTLE_TIME }],
    ['has no HEALTHCHECK and runs for a while', {}, 500, { kind: 'pending', recheckIn: SETTLE_TIME - 500 }],
    ['has no HEALTHCHECK and has settled', {}, SETTLE_TIME, good],
    ['has HEALTHCHECK NONE and has settled', { health: health('none') }, SETTLE_TIME, good],
    ['is created', { state: 'created' }, LONG, wait],
    ['is between two starts', { state: 'restarting', exitCode: 1, restartCount: 3 }, LONG, wait],
    ['was healthy and restarts', { state: 'restarting', health: health('healthy') }, LONG, wait],
    ['is paused', { state: 'paused', health: health('healthy') }, LONG, wait],
    ['exited with 1', { state: 'exited', exitCode: 1 }, LONG, bad('it exited with code 1')],
    ['exited with 0', { state: 'exited' }, LONG, bad('it exited with code 0')],
    [
      'was killed for memory',
      { state: 'exited', exitCode: 137, oomKilled: true },
      LONG,
      bad('it exited with code 137 (out of memory)'),
    ],
    [
      'could not be started',
      { state: 'exited', exitCode: 127, error: 'exec: "nope": not found' },
      0,
      bad('it exited with code 127: exec: "nope": not found'),
    ],
    [
      'is dead though its HEALTHCHECK was healthy',
      { state: 'dead', health: health('healthy') },
      0,
      bad('it exited with code 0'),
    ],
  ])('%s', (_, changes, runningFor, verdict) => {
    expect(judgeContainer(details(changes), false, runningFor)).toEqual(verdict);
  });
});

describe('a container that crashes', () => {
  const crashing = details({ state: 'restarting', exitCode: 1, restartCount: 9 });
  const crashHistory = (changes: Partial<CrashHistory> = {}): CrashHistory => ({
    ...NO_CRASHES,
    restarts: CRASH_LOOP_RESTARTS,
    ...changes,
  });

  test('again and again is bad', () => {
    expect(judgeContainer(crashing, false, LONG, crashHistory())).toEqual(
      bad('it crashes again and again: it exited with code 1, 3 restarts'),
    );
  });

  test('for its memory is bad, and says so', () => {
    const end = { exitCode: 137, oomKilled: true };
    expect(
      judgeContainer(
        { ...crashing, exitCode: 137 },
        false,
        LONG,
        crashHistory({ restarts: 4, lastExit: end }),
      ),
    ).toEqual(bad('it crashes again and again: it exited with code 137 (out of memory), 4 restarts'));
  });

  test('may do so for a while', () => {
    const early = crashHistory({ restarts: 20, toleranceLeft: 700 });
    expect(judgeContainer(crashing, false, LONG, early)).toEqual({ kind: 'pending', recheckIn: 700 });
  });

  test('less often is waited for', () => {
    expect(
      judgeContainer(crashing, false, LONG, crashHistory({ restarts: CRASH_LOOP_RESTARTS - 1 })),
    ).toEqual(wait);
  });

  test('and then stays up is good', () => {
    expect(
      judgeContainer(details({ restartCount: 9 }), false, SETTLE_TIME, crashHistory({ restarts: 9 })),
    ).toEqual(good);
    const healthy = details({ health: health('healthy') });
    expect(judgeContainer(healthy, false, 0, crashHistory({ restarts: 9 }))).toEqual(good);
  });
});

describe('a container that is to end', () => {
  test.each<[string, Partial<ContainerDetails>, unknown]>([
    ['still runs', { health: health('healthy') }, wait],
    ['ended with 0', { state: 'exited' }, good],
    ['ended with 3', { state: 'exited', exitCode: 3 }, bad('it exited with code 3')],
  ])('%s', (_, changes, verdict) => {
    expect(judgeContainer(details(changes), true, LONG)).toEqual(verdict);
  });
});

describe('what a container is, in an error', () => {
  const end = { exitCode: 137, oomKilled: true };

  test.each<[Partial<ContainerDetails>, Partial<CrashHistory>, string]>([
    [{}, {}, 'running'],
    [{ health: health('starting') }, {}, 'running, HEALTHCHECK starting'],
    [{ health: health('none') }, {}, 'running'],
    [{ state: 'restarting', exitCode: 1 }, { restarts: 4 }, 'restarting, it exited with code 1, 4 restarts'],
    // What was before the wait is not what it is waited for.
    [{ restartCount: 7 }, {}, 'running'],
    // One that runs again says 0 of its last end.
    [{}, { restarts: 1, lastExit: end }, 'running, it exited with code 137 (out of memory), 1 restart'],
    [{}, { restarts: 2 }, 'running, 2 restarts'],
  ])('%j %j', (changes, crashHistory, text) => {
    expect(containerStateText(details(changes), { ...NO_CRASHES, ...crashHistory })).toBe(text);
  });
});
