import fc from 'fast-check';
import { HostError } from '../../src/model/errors.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import type { HostName, ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import { type FailedRestart, markRestartFailed, onlyFailedRestarts } from '../../src/plan/failed-restarts.ts';
import { planFleet } from '../../src/plan/fleet.ts';
import { liveRelease } from '../../src/plan/host-queries.ts';
import { joinOutcomes, type Outcome } from '../../src/plan/outcome.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { type DeployResult, deployResultOf } from '../../src/report/deploy-result.ts';
import { executeWith } from '../rollout/support/execution.ts';
import { hostName } from '../support/identifiers.ts';
import { act } from './act.ts';
import { idOf, type Run, releaseOf, run, strategyOf } from './histories.ts';
import { emptyWorld, fingerprintOf, observe, up, usually, type World } from './world.ts';

/** A run on several hosts through the real executor. Its actions are interleaved at random, fail, or are killed anywhere. */
export interface FleetRun extends Run {
  /** The number of hosts; if it is larger than before, the last ones are new. */
  readonly hosts: number;
  /** The size of a wave; `undefined` is all hosts. */
  readonly waves: number | undefined;
  /** The run is killed after so many actions on all hosts together, also during a rollback. */
  readonly killed: number | undefined;
  readonly failures: readonly Fault[];
  /** How many turns each action waits, so that the hosts overtake each other. */
  readonly order: readonly number[];
  /** From the start of the run, the accepted release can't be started any more. */
  readonly breaksAccepted: boolean;
}

interface Fault {
  /** The number of the action that fails. */
  readonly at: number;
  /** The action takes effect although it fails. */
  readonly half: boolean;
  /** The host is unreachable from then on. */
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
    breaksAccepted: fc.constant(false),
  })
  .map(({ one, ...more }): FleetRun => ({ ...one, ...more }));

/** Runs between which hosts are added, but never removed. */
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

/** The result of a run. */
export interface RunResult {
  readonly plan: Plan;
  /** `undefined`: the run was killed. */
  readonly outcome: Outcome | undefined;
  readonly result: DeployResult | undefined;
  /** Hosts that are unreachable now. */
  readonly lost: ReadonlySet<HostName>;
}

export class FleetSimulation {
  readonly worlds: readonly World[] = [emptyWorld(), emptyWorld(), emptyWorld()];
  readonly releases = new Map<ReleaseId, Release>();

  async deployAll(runs: readonly FleetRun[]): Promise<this> {
    for (const one of runs) await this.deploy(one);
    return this;
  }

  async deploy(one: FleetRun): Promise<RunResult> {
    const release = releaseOf(one);
    this.releases.set(release.id, release);
    for (const world of this.worlds) {
      if (!one.restart) world.unrestarted.add(idOf(one));
    }
    const worlds = new Map(
      this.worlds.slice(0, one.hosts).map((world, index) => [hostName(`ssh://${index}`), world]),
    );
    const observeHosts = (): readonly ObservedHost[] =>
      [...worlds].map(([host, world]) => observe(world, host));
    if (one.breaksAccepted) {
      const accepted = new Set(observeHosts().flatMap(({ accepted }) => accepted ?? []));
      for (const world of this.worlds) for (const id of accepted) if (id !== release.id) world.broken.add(id);
    }
    const before = observeHosts();
    const faults = new Faults(one);
    const failedRestarts: FailedRestart[] = [];
    let former: Outcome | undefined;
    for (;;) {
      const plan = planFleet(
        markRestartFailed(observeHosts(), failedRestarts),
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
      const last = await faults.execute(plan, worlds, this.releases);
      const outcome = last && former ? joinOutcomes(former, last) : last;
      former = outcome;
      const failed =
        outcome === undefined
          ? []
          : onlyFailedRestarts(outcome, release.id).filter(({ host }) => !faults.lost.has(host));
      failedRestarts.push(...failed);
      if (failed.length > 0) continue;
      const result = outcome && deployResultOf(before, release, outcome);
      return { plan, outcome, result, lost: faults.lost };
    }
  }

  /** The live release of each host, by the edge's files and the records. */
  get served(): readonly (ReleaseId | undefined)[] {
    return this.worlds.map((world) => liveRelease(observe(world))?.id);
  }

  /** Releases that get requests on any of these hosts. */
  releasesWithTraffic(worlds: readonly World[]): readonly ReleaseId[] {
    const hosts = worlds.map((world) => observe(world));
    const ids = hosts.flatMap((host) => [liveRelease(host)?.id, host.traffic?.splitWith]);
    return [...new Set(ids)].filter((id) => id !== undefined);
  }

  /** Services of the accepted release with missing replicas, if that release is live. */
  missingServices(world: World): readonly string[] {
    const { accepted } = observe(world);
    if (accepted === undefined || liveRelease(observe(world))?.id !== accepted) return [];
    return Object.values(this.releases.get(accepted)?.services ?? {})
      .filter(({ name, replicas }) => up(world, accepted, name) < replicas)
      .map(({ name }) => `${name} of ${accepted}`);
  }
}

/** Performs the actions of one run on the model, with its faults. */
class Faults {
  readonly lost = new Set<HostName>();
  readonly #run: FleetRun;
  #count = 0;

  constructor(one: FleetRun) {
    this.#run = one;
  }

  async execute(
    plan: Plan,
    worlds: ReadonlyMap<HostName, World>,
    releases: ReadonlyMap<ReleaseId, Release>,
  ): Promise<Outcome | undefined> {
    const killedRun = Promise.withResolvers<undefined>();
    const perform = async (
      host: HostName,
      action: Parameters<typeof act>[1],
      signal: AbortSignal,
    ): Promise<undefined> => {
      const { order, killed, failures } = this.#run;
      for (let turns = order[this.#count % order.length] ?? 0; turns > 0; turns--) await Promise.resolve();
      const number = this.#count++;
      if (killed !== undefined && number >= killed) {
        killedRun.resolve(undefined);
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
    return Promise.race([executeWith(plan, perform), killedRun.promise]);
  }
}
