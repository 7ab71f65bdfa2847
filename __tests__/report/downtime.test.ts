import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../src/model/release.ts';
import type { Strategy } from '../../src/model/strategy.ts';
import { planHost } from '../../src/plan/host.ts';
import type { StepResult } from '../../src/plan/outcome.ts';
import { STAGES } from '../../src/plan/steps.ts';
import { downtimeOf, downtimeText } from '../../src/report/downtime.ts';
import { act } from '../plan/act.ts';
import { emptyWorld, fingerprintOf, makeRelease, observe, usually } from '../plan/world.ts';

/** Steps as a plan of the new release has them, one second each; from `failing` on everything is taken back. */
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
    const plan = planHost(observe(world, 'a'), wanting(of));
    return STAGES.flatMap((stage) => (plan[stage] ?? []).map((step) => ({ ...step, stage })));
  };
  for (const { action } of actions(old)) act(world, action, releases);
  const host = observe(world, 'a');
  const steps: StepResult[] = [];
  const push = (
    stage: StepResult['stage'],
    action: StepResult['action'],
    ok: boolean,
    undo: boolean,
  ): void => {
    steps.push({ host: 'a', stage, action, at: steps.length * 1000, took: 1000, ok, undo, note: undefined });
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

const silence = (...args: Parameters<typeof stepsOf>) => {
  const { steps, host, release } = stepsOf(...args);
  return downtimeOf(steps, host, release);
};

describe('nothing answers', () => {
  test('from the stop of a release that is recreated until the next one has the requests', () => {
    // stop, start, check, switch
    expect(silence({ web: 'served', worker: 'worker' }, { name: 'recreate' })).toEqual({
      services: ['web'],
      whole: true,
      for: 4000,
    });
  });

  test('of services that can not stand twice until they are healthy, while others do', () => {
    // stop, start, check
    expect(silence({ web: 'served', dns: 'exclusive' }, { name: 'blue-green' })).toEqual({
      services: ['dns'],
      whole: false,
      for: 3000,
    });
  });

  test('at no time of a release that stands beside the old one', () => {
    expect(silence({ web: 'served', worker: 'worker' }, { name: 'blue-green' })).toBeUndefined();
  });

  test('until the old one serves again when it is taken back', () => {
    // stop, start, check ✗; stop the new one, start, check, switch
    expect(
      silence({ web: 'served' }, { name: 'recreate' }, { stage: 'check', kind: 'check-health' }),
    ).toMatchObject({ for: 7000 });
  });

  test('twice when the new one served in between', () => {
    // stop, start, check, switch; accept ✗; stop the new one, start, check, switch
    expect(
      silence({ web: 'served' }, { name: 'recreate' }, { stage: 'accept', kind: 'accept-release' }),
    ).toMatchObject({ for: 8000 });
  });
});

test('is said in words', () => {
  expect(downtimeText({ services: ['web', 'api'], whole: true, for: 2140 })).toBe(
    'nothing answered for 2.1s',
  );
  expect(downtimeText({ services: ['dns', 'smtp'], whole: false, for: 900 })).toBe(
    'dns and smtp did not answer for 900ms',
  );
});
