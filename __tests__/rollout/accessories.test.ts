import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { messageOf, SealiftError } from '../../src/model/errors.ts';
import type { AccessoryCondition, Release } from '../../src/model/release.ts';
import type { Action } from '../../src/plan/actions.ts';
import { ensureAccessories } from '../../src/rollout/accessories.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { makeRelease } from '../plan/world.ts';
import { details } from './support/memory-engine.ts';
import { StartingEngine, startingContext } from './support/starting-engine.ts';

const ACCESSORY = makeRelease('22222222', { copy: 'worker' });

let engine: StartingEngine;
let context: HostContext;
let warnings: string[];

/** A release with one accessory, `copy`, which has this condition and ends with this exit code when Compose starts it. */
function begin(changes: Partial<Release>, exitCode: number): Release {
  const release = {
    ...makeRelease('22222222', { web: 'served' }, { base: { services: { copy: {} } } }),
    ...changes,
    health: { path: undefined, timeout: 60_000 },
  };
  engine = new StartingEngine(ACCESSORY);
  engine.listNetworks = () => Promise.resolve([]);
  engine.containerLogs = () => Promise.resolve(['copies', 'no such bucket']);
  const labels = { 'com.docker.compose.service': 'copy' };
  engine.set({ ...details(), id: 'copy-1', name: 'copy-1', labels, state: 'created' });
  warnings = [];
  context = {
    ...startingContext(engine, release, warnings),
    run: () => {
      engine.set({ id: 'copy-1', state: 'exited', exitCode });
      return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
    },
  };
  return release;
}

const ensure = (release: Release): Promise<unknown> =>
  ensureAccessories(context, { kind: 'ensure-accessories', release: release.id, services: ['copy'] });
const waits = (changes: Partial<AccessoryCondition> = {}): Partial<Release> => ({
  conditions: [{ service: 'copy', condition: 'service_completed_successfully', ...changes }],
});

beforeEach(() => {
  warnings = [];
});

describe('an accessory that does its work and ends', () => {
  test.each<[string, Partial<Release>]>([
    ['others wait for it', waits()],
    ['its restart policy says so', { accessoryEndings: { copy: 'always' } }],
  ])('has ended with 0 before the release starts, where %s', async (_, changes) => {
    await ensure(begin(changes, 0));
  });

  test.each<[string, Partial<Release>]>([
    ['others wait for it', waits()],
    ['its restart policy says so', { accessoryEndings: { copy: 'always' } }],
  ])('stops the deploy with its last lines if it fails, where %s', async (_, changes) => {
    const error = await ensure(begin(changes, 5)).catch((thrown: unknown) => thrown);
    if (!(error instanceof SealiftError)) throw error;
    expect(error.message).toBe(
      'ssh://one: copy did not complete: it exited with code 5. It printed "copies", then "no such bucket".',
    );
    expect(error.evidence).toEqual(['copies', 'no such bucket']);
  });

  test('is named while the deploy waits for it, and ends in health-timeout, where another accessory waits for its end', async () => {
    const depends_on = { copy: { condition: 'service_completed_successfully' } };
    const begun = begin({ base: { services: { copy: {}, mirror: { depends_on } } } }, 0);
    const release = { ...begun, health: { path: undefined, timeout: 200 } };
    const calls: (readonly string[])[] = [];
    context = {
      ...{ ...context, releases: new Map([[release.id, release]]) },
      run: (_, argv) => {
        calls.push(argv.filter((each) => each in release.base.services));
        engine.set({ id: 'copy-1', state: 'running' });
        return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
      },
    };
    const services = ['mirror', 'copy'];
    const ended = ensureAccessories(context, {
      ...{ kind: 'ensure-accessories', release: release.id, services },
    }).catch(messageOf);
    await pause(100);
    expect(await context.waitStatus.look?.()).toBe('copy: running');
    expect(await ended).toMatch(/not healthy within 200ms \(copy: running\)/);
    expect(calls).toEqual([['copy']]);
  });

  test('is a warning if it fails and only optional dependencies wait for it', async () => {
    await ensure(begin(waits({ optional: true }), 5));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^ssh:\/\/one: copy did not complete: .* It is optional, so the release starts without it\.$/,
      ),
    ]);
  });

  test('fails unnoticed if it may run on: nobody waits for it', async () => {
    await ensure(begin({ accessoryEndings: { copy: 'maybe' } }, 5));
    expect(warnings).toEqual([]);
  });
});

/** The accessory as a proxy of the file, in front of the release. */
function beginProxy(exitCode: number): Release {
  const begun = begin({ base: { services: { copy: { networks: { 'sealift-upstream': {} } } } } }, exitCode);
  const upstream = { network: 'upstream', port: 80, names: ['web'] };
  return { ...begun, routes: begun.routes.map((route) => ({ ...route, upstream })) };
}

test('a proxy that this run starts must stay up, since nobody reaches the release without it', async () => {
  const release = beginProxy(1);
  context = { ...context, releases: new Map([[release.id, release]]) };
  await expect(ensure(release)).rejects.toThrow(/copy did not become healthy: it exited with code 1/);
});

describe('an accessory that is replaced', () => {
  test('counts as interrupted from its stop until the new one runs, and a proxy may finish its requests for two seconds', async () => {
    const release = beginProxy(0);
    const args: string[][] = [];
    const copy = { services: ['copy'], recreate: ['copy'] };
    const action: Action = { kind: 'ensure-accessories', release: release.id, ...copy };
    const replaced: HostContext = {
      ...context,
      releases: new Map([[release.id, release]]),
      run: async (_, argv) => {
        args.push([...argv]);
        await pause(20);
        engine.emit('kill', 'copy-1', { 'com.docker.compose.service': 'copy' });
        await pause(20);
        engine.set({ id: 'copy-1', state: 'running' });
        return { stdout: '', stderr: '', exitCode: 0 };
      },
    };
    const before = performance.now();
    await ensureAccessories(replaced, action);
    const gap = replaced.runState.interruptions.get(action);
    expect(gap?.services).toEqual(['copy']);
    expect(gap?.from).toBeGreaterThanOrEqual(before + 19);
    expect((gap?.to ?? 0) - (gap?.from ?? 0)).toBeGreaterThanOrEqual(19);
    expect(args[0]?.slice(-5)).toEqual(['--force-recreate', '--no-deps', '--timeout', '2', 'copy']);
  });
});
