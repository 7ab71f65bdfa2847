import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../src/model/release.ts';
import type { Strategy } from '../../src/model/strategy.ts';
import { planHost } from '../../src/plan/host.ts';
import type { StepResult } from '../../src/plan/outcome.ts';
import { STAGES } from '../../src/plan/plan.ts';
import { downtimeOf, downtimeText } from '../../src/report/downtime.ts';
import { act } from '../plan/act.ts';
import { emptyWorld, fingerprintOf, makeRelease, observe, usually } from '../plan/world.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { expectGolden, sections } from './golden.ts';

/** The steps of a plan of the new release, one second each. After the failing step, all of them are undone. */
function stepsOf(
  roles: Readonly<Record<string, Role>>,
  strategy: Strategy,
  failing?: { readonly stage: string; readonly kind: string },
) {
  const [old, release] = [makeRelease('old', roles), makeRelease('new', roles)];
  const releases = new Map([old, release].map((each) => [each.id, each]));
  const wanting = (of: typeof old) => ({
    ...usually,
    release: of,
    edgeFingerprint: fingerprintOf(of),
    strategy,
  });
  const world = emptyWorld();
  const actions = (of: typeof old) => {
    const plan = planHost(observe(world, hostName('a')), wanting(of));
    return STAGES.flatMap((stage) => (plan[stage] ?? []).map((step) => ({ ...step, stage })));
  };
  for (const { action } of actions(old)) act(world, action, releases);
  const host = observe(world, hostName('a'));
  const steps: StepResult[] = [];
  const push = (
    stage: StepResult['stage'],
    action: StepResult['action'],
    ok: boolean,
    undo: boolean,
  ): void => {
    steps.push({
      host: hostName('a'),
      stage,
      action,
      at: steps.length * 1000,
      took: 1000,
      ok,
      undo,
      note: undefined,
    });
  };
  const begun: ReturnType<typeof actions>[number][] = [];
  for (const step of actions(release)) {
    const ok = !(step.stage === failing?.stage && step.action.kind === failing.kind);
    push(step.stage, step.action, ok, false);
    begun.push(step);
    if (ok) continue;
    for (const action of begun.toReversed().flatMap(({ undo }) => undo)) push(step.stage, action, true, true);
    break;
  }
  return { steps, host, release };
}

const downtime = (...args: Parameters<typeof stepsOf>) => {
  const { steps, host, release } = stepsOf(...args);
  return downtimeOf(steps, host, release);
};

describe('the downtime', () => {
  test('of a recreated release lasts from the stop of the old one until the new one has the requests', () => {
    // stop, start, check, switch
    expect(downtime({ web: 'served', worker: 'worker' }, { name: 'recreate' })).toEqual({
      services: ['web'],
      complete: true,
      durationMs: 4000,
    });
  });

  test('of a service that cannot run twice lasts until it is healthy, while other services answer', () => {
    // stop, start, check
    expect(downtime({ web: 'served', dns: 'exclusive' }, { name: 'blue-green' })).toEqual({
      services: ['dns'],
      complete: false,
      durationMs: 3000,
    });
  });

  test('of a release that runs beside the old one does not exist', () => {
    expect(downtime({ web: 'served', worker: 'worker' }, { name: 'blue-green' })).toBeUndefined();
  });

  test('of a failed deploy lasts until the old release serves again', () => {
    // stop, start, check ✗; stop the new one, start, check, switch
    expect(
      downtime({ web: 'served' }, { name: 'recreate' }, { stage: 'check', kind: 'check-health' }),
    ).toMatchObject({ durationMs: 7000 });
  });

  test('is the sum of two times if the new release served between them', () => {
    // stop, start, check, switch; accept ✗; stop the new one, start, check, switch
    expect(
      downtime({ web: 'served' }, { name: 'recreate' }, { stage: 'accept', kind: 'accept-release' }),
    ).toMatchObject({ durationMs: 8000 });
  });

  describe('of accessories that were replaced', () => {
    const upstream = { network: 'upstream', port: 80, names: ['web'] };
    const { host, release: built } = stepsOf({ web: 'served' }, { name: 'blue-green' });
    const release = {
      ...built,
      routes: built.routes.map((route) => ({ ...route, upstream, published: [], domains: [] })),
      base: { services: { proxy: { networks: { 'sealift-upstream': {} } }, db: {} } },
    };
    const replaced = (
      service: string,
      from: number,
      to: number,
      more: Partial<StepResult> = {},
    ): StepResult => ({
      ...{
        host: hostName('a'),
        stage: 'switch',
        at: from - 100,
        took: to - from + 500,
        undo: false,
        note: undefined,
      },
      action: { kind: 'ensure-accessories', release: release.id, services: [service], recreate: [service] },
      ...{ ok: true, interrupted: { services: [service], from, to } },
      ...more,
    });

    test('lasts from the stop of the former one until the new one serves, also where the release stays', () => {
      const all = { services: ['proxy'], complete: true, durationMs: 900 };
      expect(downtimeOf([replaced('proxy', 1000, 1900)], host, release)).toEqual(all);
      const some = { services: ['db'], complete: false, durationMs: 900 };
      expect(downtimeOf([replaced('db', 1000, 1900)], host, release)).toEqual(some);
      const live = { ...release, id: releaseId('old') };
      expect(downtimeOf([replaced('proxy', 1000, 1900)], host, live)).toEqual(all);
    });

    test('begins when the edge loses the port to which the former proxy sends requests', () => {
      const [route] = release.routes;
      const before = {
        ...release,
        id: releaseId('old'),
        routes: [{ ...route, upstream: { ...upstream, port: 81 } }],
      };
      const known = {
        ...host,
        releases: host.releases.map((each) => (each.id === before.id ? { ...each, record: before } : each)),
      };
      const edge: StepResult = {
        ...replaced('proxy', 0, 0),
        at: 200,
        action: { kind: 'ensure-edge', change: 'replace', release: release.id, reason: 'ports' },
      };
      const { interrupted: _, ...replacedEdge } = edge;
      const steps = [replacedEdge, replaced('proxy', 1000, 1900)];
      expect(downtimeOf(steps, known as typeof host, release)).toMatchObject({ durationMs: 1700 });
      expect(downtimeOf(steps, host, release)).toMatchObject({ durationMs: 900 });
    });

    test('lasts until the former one serves again, if the new one fails; or until the end, if that fails too', () => {
      const failed = replaced('proxy', 1000, 3000, { ok: false });
      const undone = (ok: boolean) => replaced('proxy', 3100, 3600, { undo: true, ok });
      expect(downtimeOf([failed, undone(true)], host, release)).toMatchObject({ durationMs: 2600 });
      expect(downtimeOf([failed, undone(false)], host, release)).toMatchObject({ durationMs: 3000 });
    });
  });

  test('is logged with its length, and with its services if others answered', async () => {
    const texts = [
      { services: ['web', 'api'], complete: true, durationMs: 2140 },
      { services: ['dns', 'smtp'], complete: false, durationMs: 900 },
    ].map(downtimeText);
    await expectGolden('log/downtime.txt', sections([['complete, then partial', texts]]));
  });
});
