import { connect } from '../engine/connect.ts';
import type { Engine } from '../engine/engine.ts';
import { messageOf, SealiftError } from '../model/errors.ts';
import type { HostAddress } from '../model/host-address.ts';
import type { HostName } from '../model/identifiers.ts';
import type { Destination } from '../model/request.ts';
import type { StepContext } from '../model/step-context.ts';
import type { FleetLock } from './fleet-lock.ts';
import type { HostObservation } from './host-context.ts';
import { type HostLook, lookAgain, lookAtHost, observeHost } from './observe-host.ts';

/** Milliseconds for which a look at a host counts. */
const LOOK_LIFETIME = 5_000;

/** The hosts of an environment, connected until the end of the scope. */
export class Fleet implements AsyncDisposable {
  readonly #destination: Destination;
  readonly #step: StepContext;
  #engines: readonly Engine[];
  /** What was seen last, and when, by `performance.now()`. */
  #looks: ReadonlyMap<HostName, HostLook> = new Map();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(destination: Destination, step: StepContext, engines: readonly Engine[]) {
    this.#destination = destination;
    this.#step = step;
    this.#engines = engines;
  }

  get engines(): readonly Engine[] {
    return this.#engines;
  }

  /**
   * @param taking the lock that the run may get meanwhile
   * @param imageNames images to ask for
   * @throws as `openFleet` does, for all hosts that can't be observed
   */
  observe(
    taking?: Promise<FleetLock | undefined>,
    imageNames: readonly string[] = [],
  ): Promise<readonly HostObservation[]> {
    return this.#look((engine) => {
      const ownLock = taking?.then((lock) => lock?.containerOn(engine.host));
      return lookAtHost(engine, this.#destination, imageNames, ownLock);
    });
  }

  /**
   * The same once the hosts are locked: what was seen a moment ago counts, as far as it can't have changed. Not after this run has
   * changed something.
   * @param imageNames images to ask for, unless that was done
   */
  observeAgain(lock: FleetLock, imageNames: readonly string[] = []): Promise<readonly HostObservation[]> {
    const isRecent = performance.now() - this.#lookedAt < LOOK_LIFETIME;
    const before = isRecent ? this.#looks : new Map<HostName, HostLook>();
    return this.#look((engine) => {
      const look = before.get(engine.host);
      const ownLock = lock.containerOn(engine.host);
      return look === undefined
        ? lookAtHost(engine, this.#destination, imageNames, ownLock)
        : lookAgain(engine, this.#destination, look, imageNames, ownLock);
    });
  }

  async #look(look: (engine: Engine) => Promise<HostLook>): Promise<readonly HostObservation[]> {
    this.#lookedAt = performance.now();
    const looks = await onEveryHost(this.#engines, look);
    this.#looks = new Map(looks.map((each) => [each.observation.host.host, each]));
    return looks.map(({ observation }) => observation);
  }

  /**
   * Connects again if a connection was lost in the meantime, for instance during a long build.
   * @returns whether one was
   */
  async reconnect(): Promise<boolean> {
    if (!this.#engines.some((engine) => engine.disconnected.aborted)) return false;
    await closeEngines(this.#engines);
    this.#engines = [];
    this.#engines = await connectAll(this.#destination, this.#step);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeEngines(this.#engines);
  }
}

/**
 * Connects to all hosts at once.
 * @throws the first host's error when only one fails, else one error that names them all; no connection stays open.
 */
export async function openFleet(destination: Destination, step: StepContext): Promise<Fleet> {
  return new Fleet(destination, step, await connectAll(destination, step));
}

const connectAll = (destination: Destination, step: StepContext): Promise<readonly Engine[]> =>
  onEveryHost(
    destination.hosts,
    (address) => connect(address, destination.access, step, destination.networkRange),
    closeEngines,
  );

/** What came of each host that could be used, and why others could not. */
export interface HostResults<Result> {
  readonly results: readonly Result[];
  readonly failures: readonly { readonly host: HostName; readonly error: unknown }[];
}

/**
 * Does something on each host on its own, on all at once: one that can't be reached or fails does not hold up the others. No
 * connection stays open.
 */
export async function onReachableHosts<Result>(
  destination: Destination,
  step: StepContext,
  operation: (engine: Engine) => Promise<Result>,
): Promise<HostResults<Result>> {
  const ended = await Promise.all(
    destination.hosts.map(async (address) => {
      try {
        await using engine = await connect(address, destination.access, step);
        return { result: await operation(engine) };
      } catch (error) {
        return { failure: { host: address.name, error } };
      }
    }),
  );
  return {
    results: ended.flatMap((each) => ('result' in each ? [each.result] : [])),
    failures: ended.flatMap((each) => ('failure' in each ? [each.failure] : [])),
  };
}

/** Observes each host on its own: one that can't be reached does not hide the others. */
export const observeHosts = (
  destination: Destination,
  step: StepContext,
): Promise<HostResults<HostObservation>> =>
  onReachableHosts(destination, step, (engine) => observeHost(engine, destination));

async function closeEngines(engines: readonly Engine[]): Promise<void> {
  await Promise.allSettled(engines.map((engine) => engine[Symbol.asyncDispose]()));
}

/** Runs something on every host at once and reports every failure, not only the first. */
async function onEveryHost<Item extends Engine | HostAddress, Result>(
  items: readonly Item[],
  operation: (item: Item) => Promise<Result>,
  cleanUp?: (results: readonly Result[]) => Promise<void>,
): Promise<readonly Result[]> {
  const settled = await Promise.allSettled(items.map(operation));
  const results = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failures = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  if (failures.length === 0) return results;
  await cleanUp?.(results);
  if (failures.length === 1) throw failures[0];
  throw new SealiftError(
    `${failures.length} of ${items.length} hosts can't be used: ${failures.map(messageOf).join(' · ')}`,
    { evidence: failures.flatMap((error) => (error instanceof SealiftError ? error.evidence : [])) },
  );
}
