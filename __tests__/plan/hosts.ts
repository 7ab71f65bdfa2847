import type { ObservedHost } from '../../src/model/host.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { DesiredState } from '../../src/plan/desired-state.ts';
import { planHost } from '../../src/plan/host.ts';
import { STAGES } from '../../src/plan/plan.ts';
import { hostName } from '../support/identifiers.ts';
import { act } from './act.ts';
import { emptyWorld, fingerprintOf, observe, usually, type World } from './world.ts';
import { written } from './written.ts';

export const SHOP = { web: 'served', api: 'internal', jobs: 'worker' } as const;

export const desiredState = (release: Release, changes: Partial<DesiredState> = {}): DesiredState => ({
  release,
  ...usually,
  edgeFingerprint: fingerprintOf(release),
  ...changes,
});

/** The hosts of every run. */
const FLEET = [hostName('ssh://one'), hostName('ssh://a'), hostName('ssh://b')];

/** Where a run is killed: before its first step of a kind, or after so many of them. */
interface Killed {
  readonly killedBefore?: Action['kind'];
  readonly killedAfter?: Action['kind'];
  readonly times?: number;
}

/** A host on which releases are deployed one after the other. Each run may be killed. */
export class Host {
  readonly world: World = emptyWorld();
  readonly #releases = new Map<ReleaseId, Release>();

  deploy(release: Release, changes: Partial<DesiredState> & Killed = {}): this {
    this.#releases.set(release.id, release);
    const { killedBefore, killedAfter, times = 1, ...options } = changes;
    const plan = planHost(this.see(), desiredState(release, options));
    const actions = STAGES.flatMap((stage) => plan[stage] ?? []).map(({ action }) => action);
    let seen = 0;
    for (const action of actions) {
      if (action.kind === killedBefore) break;
      act(this.world, action, this.#releases, FLEET);
      if (action.kind === killedAfter && ++seen === times) break;
    }
    return this;
  }

  see(changes: Partial<ObservedHost> = {}): ObservedHost {
    return { ...observe(this.world), ...changes };
  }
}

export const deployed = (...releases: readonly Release[]): Host =>
  releases.reduce((host, release) => host.deploy(release), new Host());
export const planned = (
  host: Host,
  release: Release,
  changes: Partial<DesiredState> = {},
): readonly string[] => written(planHost(host.see(), desiredState(release, changes)));
