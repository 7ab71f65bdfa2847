import { setTimeout as pause } from 'node:timers/promises';
import type { SwarmEngine } from '../engine/swarm-engine.ts';
import { messageOf } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import type { Destination } from '../model/request.ts';
import type { StepContext } from '../model/step-context.ts';
import { openManager } from './open-swarm.ts';

/** Milliseconds for which a manager is looked for after the connection to one was lost. */
const SEARCH_TIME = 60_000;
/** Milliseconds between two attempts. */
const SEARCH_INTERVAL = 2_000;

/**
 * A connection to a swarm through one of its managers. When that one is lost, what was asked is asked again through another one, or
 * through the same once it is back: so a release is never left halfway because a manager was restarted.
 */
export class ManagerConnection implements AsyncDisposable {
  readonly #open: () => Promise<SwarmEngine>;
  readonly #step: Pick<StepContext, 'log'>;
  #swarm: SwarmEngine;
  #search: Promise<SwarmEngine> | undefined;

  constructor(swarm: SwarmEngine, open: () => Promise<SwarmEngine>, step: Pick<StepContext, 'log'>) {
    this.#swarm = swarm;
    this.#open = open;
    this.#step = step;
  }

  /** The manager that is asked now. */
  get host(): HostName {
    return this.#swarm.host;
  }

  /** @param operation may be run again, after it was cut short by a lost connection, or while the managers elect a leader */
  async use<Result>(operation: (swarm: SwarmEngine) => Promise<Result>): Promise<Result> {
    const end = performance.now() + SEARCH_TIME;
    let wasLost = false;
    for (;;) {
      const swarm = await this.#connected();
      try {
        return await operation(swarm);
      } catch (error) {
        if (swarm.disconnected.aborted && !wasLost) wasLost = true;
        else if (!swarm.disconnected.aborted && hasNoLeader(error) && performance.now() < end)
          await pause(SEARCH_INTERVAL);
        else throw error;
      }
    }
  }

  /** The same for what must not run twice. */
  async once<Result>(operation: (swarm: SwarmEngine) => Promise<Result>): Promise<Result> {
    return await operation(await this.#connected());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#swarm[Symbol.asyncDispose]();
  }

  async #connected(): Promise<SwarmEngine> {
    if (!this.#swarm.disconnected.aborted) return this.#swarm;
    this.#search ??= this.#reconnect().finally(() => {
      this.#search = undefined;
    });
    return await this.#search;
  }

  async #reconnect(): Promise<SwarmEngine> {
    const lost = this.#swarm;
    this.#step.log.info(`${messageOf(lost.disconnected.reason)} Looking for a manager again.`);
    await Promise.allSettled([lost[Symbol.asyncDispose]()]);
    const end = performance.now() + SEARCH_TIME;
    for (;;) {
      try {
        this.#swarm = await this.#open();
        this.#step.log.info(`Connected to ${this.#swarm.host}.`);
        return this.#swarm;
      } catch (error) {
        if (performance.now() > end) throw error;
        await pause(SEARCH_INTERVAL);
      }
    }
  }
}

/**
 * Whether a manager could not answer because the leader of its swarm is gone. The managers that are left elect another one within
 * seconds, if they are the majority. The words are those of moby's daemon/cluster/errors.go, and of gRPC between the managers.
 */
const hasNoLeader = (error: unknown): boolean =>
  /swarm does not have a leader|context deadline exceeded|rpc error: code = (?:Unavailable|DeadlineExceeded)/.test(
    messageOf(error),
  );

/** Connects to the first host that answers and is a manager, and to another one whenever that is lost. */
export async function connectToManagers(
  destination: Destination,
  step: StepContext,
): Promise<ManagerConnection> {
  const open = (): Promise<SwarmEngine> => openManager(destination, step);
  return new ManagerConnection(await open(), open, step);
}
