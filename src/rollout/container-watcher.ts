import type { ContainerDetails, EngineEvent } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { ReleaseId, ServiceName } from '../model/release.ts';
import type { ReplicaCounts } from '../plan/steps.ts';
import { serviceOf } from './compose-labels.ts';
import { type CrashHistory, crashText, judgeContainer, SETTLE_TIME } from './container-verdict.ts';
import { inspectReleaseContainers } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { inspectAll } from './inspect.ts';
import { Notifier } from './notifier.ts';
import { verifyReplicaCounts } from './replica-count.ts';
import { firstReplicas } from './replica-selection.ts';

/** What is to stay well. */
interface WatchOptions {
  /** For the error: `while it was watched`. */
  readonly whenText: string;
  readonly release: ReleaseId;
  readonly services: readonly ServiceName[];
  readonly only?: ReplicaCounts;
  readonly tolerate?: ReplicaCounts;
}

/** A container as it was when it was well, and how it ended last since. */
interface WatchedContainer {
  readonly service: ServiceName;
  readonly oneShot: boolean;
  readonly before: ContainerDetails;
  lastExit: CrashHistory['lastExit'];
  outOfMemory: boolean;
  /** Resolved once the engine has told how it ended. */
  readonly exitReported: PromiseWithResolvers<void>;
}

/**
 * Sees to it that containers stay as well as they were when they were checked: the engine tells what becomes of them, which
 * wakes whoever waits at the bell. Must be closed.
 */
export class ContainerWatcher {
  readonly notifier = new Notifier();
  /** Aborts with what ends the guard from outside. */
  readonly signal: AbortSignal;
  readonly #context: HostContext;
  readonly #options: WatchOptions;
  readonly #abort = new AbortController();
  #containers: readonly WatchedContainer[] = [];
  #listening: Promise<void> | undefined;

  private constructor(context: HostContext, options: WatchOptions) {
    this.#context = context;
    this.#options = options;
    this.signal = AbortSignal.any([this.#abort.signal, context.signal, context.engine.disconnected]);
    this.signal.addEventListener('abort', this.notifier.notify);
  }

  /** @throws HostError when there are fewer containers than the release has; the reason of the work's signal */
  static async start(context: HostContext, options: WatchOptions): Promise<ContainerWatcher> {
    const watcher = new ContainerWatcher(context, options);
    try {
      await watcher.#start();
      return watcher;
    } catch (error) {
      await watcher.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    this.signal.throwIfAborted();
    const context = this.#context;
    const { release: id, services, only, tolerate } = this.#options;
    const release = releaseById(context, id);
    const found = firstReplicas(await inspectReleaseContainers(context, id, services), only);
    verifyReplicaCounts(context, release, found, this.#options, tolerate);
    this.#containers = found.map((container) => {
      const service = serviceOf(container) ?? container.name;
      const oneShot = release.services[service]?.oneShot ?? false;
      const before = context.runState.healthyContainers.get(container.id) ?? container;
      const exitReported = Promise.withResolvers<void>();
      return { service, oneShot, before, lastExit: undefined, outOfMemory: false, exitReported };
    });
    // Open before the first look, so that nothing happens unseen between the two.
    const events = await context.engine.events(
      watchEventFilters(found),
      this.signal,
      earliestStart(this.#containers),
    );
    this.#listening = this.#listen(events).catch((error: unknown) => this.#abort.abort(error));
  }

  /** Remembers how they end: once restarted, a container itself does not know any more. */
  async #listen(events: AsyncIterable<EngineEvent>): Promise<void> {
    for await (const { id, action, attributes } of events) {
      const container = this.#containers.find(({ before }) => before.id === id);
      if (container !== undefined && action === 'oom') container.outOfMemory = true;
      if (container !== undefined && action === 'die') {
        container.lastExit = { exitCode: Number(attributes['exitCode']), oomKilled: container.outOfMemory };
        container.outOfMemory = false;
        container.exitReported.resolve();
      }
      this.notifier.notify();
    }
  }

  /** How many containers are guarded. */
  get size(): number {
    return this.#containers.length;
  }

  /** Whether all of them have ended as they should, so that nothing can become of them any more. */
  get allCompleted(): boolean {
    return this.#containers.every(({ oneShot, before }) => oneShot && before.state === 'exited');
  }

  /**
   * Looks at every container anew.
   * @returns what is tolerated of what is wrong
   * @throws HostError when more containers of a service have failed than are tolerated; the reason of the signal
   */
  async checkContainers(): Promise<readonly string[]> {
    this.signal.throwIfAborted();
    const { engine } = this.#context;
    const found = await Promise.all(
      this.#containers.map(async (container) => {
        const { service, before, oneShot } = container;
        const [now] = await inspectAll(engine, [before]);
        if (now !== undefined && now.restartCount > before.restartCount) await waitForExitEvent(container);
        return {
          service,
          why: now === undefined ? 'it was removed' : failureOf(before, now, oneShot, container.lastExit),
        };
      }),
    );
    for (const service of new Set(found.map((each) => each.service))) {
      const failed = found.filter((each) => each.service === service && each.why !== undefined);
      const [first] = failed;
      if (first === undefined || failed.length <= (this.#options.tolerate?.[service] ?? 0)) continue;
      throw new HostError(
        engine.host,
        `${service} did not stay well ${this.#options.whenText}: ${first.why}`,
      );
    }
    return found.flatMap(({ service, why }) => (why === undefined ? [] : [`tolerated: ${service}: ${why}`]));
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#listening;
  }
}

/** Milliseconds; the engine tells what it remembers at once. */
const EXIT_EVENT_TIMEOUT = 500;

/** Something was restarted: how it ended is told by an event, and not by the container itself. */
async function waitForExitEvent({ exitReported }: WatchedContainer): Promise<void> {
  const timer = setTimeout(exitReported.resolve, EXIT_EVENT_TIMEOUT);
  await exitReported.promise;
  clearTimeout(timer);
}

const watchEventFilters = (
  containers: readonly ContainerDetails[],
): Readonly<Record<string, readonly string[]>> => ({
  type: ['container'],
  container: containers.map(({ id }) => id),
  event: ['start', 'die', 'oom', 'health_status', 'destroy'],
});

/** What happened since is asked for too: one that has ended and runs again no longer knows its exit code. */
function earliestStart(containers: readonly WatchedContainer[]): string | undefined {
  return containers
    .map(({ before }) => before.startedAt)
    .sort()
    .at(0);
}

/** What has become of a container that was well; `undefined`: nothing bad. Pure. */
export function failureOf(
  before: ContainerDetails,
  now: ContainerDetails,
  oneShot: boolean,
  lastExit?: CrashHistory['lastExit'],
): string | undefined {
  const restarts = Math.max(0, now.restartCount - before.restartCount);
  const crashHistory: CrashHistory = { restarts, lastExit, toleranceLeft: 0 };
  const verdict = judgeContainer(now, oneShot, SETTLE_TIME);
  if (verdict.kind === 'failed') return restarts > 0 ? crashText(now, crashHistory) : verdict.why;
  if (oneShot) return undefined;
  if (restarts > 0) return `it ended and was started again: ${crashText(now, crashHistory)}`;
  if (now.startedAt !== before.startedAt || now.state === 'restarting')
    return 'it ended and was started again';
  return now.state === 'running' ? undefined : `it is ${now.state}`;
}
