import fc from 'fast-check';
import { HostError } from '../../src/model/errors.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import type { HostName } from '../../src/model/host-address.ts';
import type { Release, ReleaseId } from '../../src/model/release.ts';
import { type FailedRestart, markRestartFailed, onlyFailedRestarts } from '../../src/plan/failed-restarts.ts';
import { planFleet } from '../../src/plan/fleet.ts';
import { liveRelease } from '../../src/plan/host-queries.ts';
import { joinOutcomes, type Outcome } from '../../src/plan/outcome.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { type DeployResult, deployResultOf } from '../../src/report/deploy-result.ts';
import { executeWith } from '../rollout/support/execution.ts';
import { act } from './act.ts';
import { idOf, type Run, releaseOf, run, strategyOf } from './histories.ts';
import { emptyWorld, fingerprintOf, observe, running, usually, type World } from './world.ts';

/** Runs on several hosts by the real `apply`, whose actions are interleaved at random, fail and are cut anywhere. */
export interface FleetRun extends Run {
  /** How many hosts it is for; more than before are new ones. */
  readonly hosts: number;
  /** How many move at once, when not all. */
  readonly waves: number | undefined;
  /** After so many actions on any host it is killed, on its way or as it takes back. */
  readonly killed: number | undefined;
  readonly failures: readonly Trouble[];
  /** How the hosts overtake each other. */
  readonly order: readonly number[];
  /** What is accepted when it begins can't be started any more. */
  readonly spoils: boolean;
}

interface Trouble {
  /** Which action fails. */
  readonly at: number;
  /** It was done all the same. */
  readonly half: boolean;
  /** The host can't be reached any more. */
  readonly lost: boolean;
}

const fleetRun = fc
  .record({
    one: run,
    hosts: fc.constantFrom(1, 2, 2, 3, 3),
    waves: fc.option(fc.constantFrom(1, 2), { nil: undefined }),
    killed: fc.option(fc.nat(90), { nil: undefined }),
    failures: fc.array(
      fc.record({ at: fc.nat(90), half: fc.boolean(), lost: fc.constantFrom(false, false, true) }),
      { maxLength: 2 },
    ),
    order: fc.array(fc.nat(4), { minLength: 1, maxLength: 7 }),
    spoils: fc.constant(false),
  })
  .map(({ one, ...more }): FleetRun => ({ ...one, ...more }));

/** A history in which hosts are added, and never taken away. */
export const fleetHistory = (maxLength: number): fc.Arbitrary<readonly FleetRun[]> =>
  fc.array(fleetRun, { maxLength }).map((runs) => {
    let most = 1;
    return runs.map((one) => {
      most = Math.max(most, one.hosts);
      return { ...one, hosts: most };
    });
  });

export const wholeRun = fleetRun.map(
  (one): FleetRun => ({ ...one, hosts: 3, killed: undefined, failures: [] }),
);

export const failingRun = fc
  .record({ one: wholeRun, at: fc.nat(90), half: fc.boolean(), lost: fc.constantFrom(false, false, true) })
  .map(({ one, ...failure }): FleetRun => ({ ...one, failures: [failure] }));

/** How a run went. */
export interface Went {
  readonly plan: Plan;
  /** `undefined`: it was killed. */
  readonly outcome: Outcome | undefined;
  readonly ending: DeployResult | undefined;
  /** Hosts that can't be reached any more. */
  readonly lost: ReadonlySet<HostName>;
}

export class FleetStory {
  readonly worlds: readonly World[] = [emptyWorld(), emptyWorld(), emptyWorld()];
  readonly releases = new Map<ReleaseId, Release>();

  async tell(runs: readonly FleetRun[]): Promise<this> {
    for (const one of runs) await this.deploy(one);
    return this;
  }

  async deploy(one: FleetRun): Promise<Went> {
    const release = releaseOf(one);
    this.releases.set(release.id, release);
    for (const world of this.worlds) {
      if (!one.restart) world.unrestarted.add(idOf(one));
    }
    const worlds = new Map(this.worlds.slice(0, one.hosts).map((world, index) => [`ssh://${index}`, world]));
    const see = (): readonly ObservedHost[] => [...worlds].map(([host, world]) => observe(world, host));
    if (one.spoils) {
      const accepted = new Set(see().flatMap(({ accepted }) => accepted ?? []));
      for (const world of this.worlds) for (const id of accepted) if (id !== release.id) world.broken.add(id);
    }
    const before = see();
    const faults = new Faults(one);
    const refusals: FailedRestart[] = [];
    let former: Outcome | undefined;
    for (;;) {
      const plan = planFleet(
        markRestartFailed(see(), refusals),
        {
          release,
          ...usually,
          strategy: strategyOf(one),
          edgeFingerprint: fingerprintOf(release),
          keep: 3,
          bake: one.bake,
        },
        one.waves === undefined ? { kind: 'all' } : { kind: 'hosts', atMost: one.waves },
      );
      const last = await faults.during(plan, worlds, this.releases);
      const outcome = last && former ? joinOutcomes(former, last) : last;
      former = outcome;
      const news =
        outcome === undefined
          ? []
          : onlyFailedRestarts(outcome, release.id).filter(({ host }) => !faults.lost.has(host));
      refusals.push(...news);
      if (news.length > 0) continue;
      const ending = outcome && deployResultOf(before, release, outcome);
      return { plan, outcome, ending, lost: faults.lost };
    }
  }

  /** What each host serves, as the edge's files and the records say. */
  get served(): readonly (ReleaseId | undefined)[] {
    return this.worlds.map((world) => liveRelease(observe(world))?.id);
  }

  /** Releases that get requests on any of these hosts. */
  asked(worlds: readonly World[]): readonly ReleaseId[] {
    const hosts = worlds.map((world) => observe(world));
    const ids = hosts.flatMap((host) => [liveRelease(host)?.id, host.traffic?.splitWith]);
    return [...new Set(ids)].filter((id) => id !== undefined);
  }

  /** Services of the accepted release that do not run in full where it serves. */
  lacking(world: World): readonly string[] {
    const { accepted = '' } = observe(world);
    if (liveRelease(observe(world))?.id !== accepted) return [];
    return Object.values(this.releases.get(accepted)?.services ?? {})
      .filter(({ name, replicas }) => running(world, accepted, name) < replicas)
      .map(({ name }) => `${name} of ${accepted}`);
  }
}

/** What becomes of the actions of one run. */
class Faults {
  readonly lost = new Set<HostName>();
  readonly #run: FleetRun;
  #count = 0;

  constructor(one: FleetRun) {
    this.#run = one;
  }

  async during(
    plan: Plan,
    worlds: ReadonlyMap<HostName, World>,
    releases: ReadonlyMap<ReleaseId, Release>,
  ): Promise<Outcome | undefined> {
    const dead = Promise.withResolvers<undefined>();
    const perform = async (
      host: HostName,
      action: Parameters<typeof act>[1],
      signal: AbortSignal,
    ): Promise<undefined> => {
      const { order, killed, failures } = this.#run;
      for (let turns = order[this.#count % order.length] ?? 0; turns > 0; turns--) await Promise.resolve();
      const number = this.#count++;
      if (killed !== undefined && number >= killed) {
        dead.resolve(undefined);
        return new Promise(() => undefined);
      }
      signal.throwIfAborted();
      const failure = failures.find(({ at }) => at === number);
      const world = worlds.get(host);
      if (world === undefined || this.lost.has(host)) throw new HostError(host, 'lost');
      if (failure === undefined || failure.half) act(world, action, releases, [...worlds.keys()]);
      if (failure?.lost) this.lost.add(host);
      if (failure !== undefined) throw new HostError(host, `${action.kind} failed`);
      return undefined;
    };
    return Promise.race([executeWith(plan, perform), dead.promise]);
  }
}
