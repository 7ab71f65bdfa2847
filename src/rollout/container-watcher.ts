import type { ContainerDetails, EngineEvent } from '../engine/engine.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { type Ending, endingOf, type Release } from '../model/release.ts';
import { serviceOf } from './compose-labels.ts';
import type { CrashHistory } from './container-health.ts';
import type { HostContext } from './host-context.ts';
import { Notifier } from './notifier.ts';

/** A container and what it is there for. */
export interface ServiceContainer {
  /** As it was when it was last known to be right. Restarts count from here. */
  readonly container: ContainerDetails;
  readonly service: ServiceName;
  readonly ending: Ending;
}

export function serviceContainer(release: Release, container: ContainerDetails): ServiceContainer {
  const service = serviceOf(container) ?? container.name;
  return { container, service, ending: endingOf(release.services[service]) };
}

/** Before a container that ran is started again, there is an event of its end. */
const GOOD_NEWS: ReadonlySet<string> = new Set(['start', 'health_status: healthy']);

/** Milliseconds. The engine sends the events that it remembers at once. */
const EXIT_EVENT_TIMEOUT = 500;

/** One container, and how it ended since. Notifies at each of its events. */
export class WatchedContainer<Subject extends ServiceContainer = ServiceContainer> extends Notifier {
  readonly subject: Subject;
  readonly #exitRecorded = Promise.withResolvers<void>();
  #lastExit: CrashHistory['lastExit'];
  #outOfMemory = false;
  #hasChanged = false;
  #mayHaveFailed = false;

  constructor(subject: Subject) {
    super();
    this.subject = subject;
  }

  /** Remembers how it ended: once it is restarted, the container itself reports exit code 0. */
  record({ action, attributes }: EngineEvent): void {
    this.#hasChanged = true;
    this.#mayHaveFailed ||= !GOOD_NEWS.has(action);
    if (action === 'oom') this.#outOfMemory = true;
    if (action === 'die') {
      this.#lastExit = { exitCode: Number(attributes['exitCode']), oomKilled: this.#outOfMemory };
      this.#outOfMemory = false;
      this.#exitRecorded.resolve();
    }
    this.notify();
  }

  /** Whether there was an event since this was asked last. */
  takeChange(): boolean {
    const changed = this.#hasChanged;
    this.#hasChanged = false;
    return changed;
  }

  /** Whether there was an event since this was asked last after which it may not be healthy any more. */
  takeAlarm(): boolean {
    const alarm = this.#mayHaveFailed;
    this.#mayHaveFailed = false;
    return alarm;
  }

  /** @param toleranceLeft milliseconds in which it may still crash */
  crashHistory(now: ContainerDetails, toleranceLeft = 0): CrashHistory {
    const restarts = Math.max(0, now.restartCount - this.subject.container.restartCount);
    return { restarts, lastExit: this.#lastExit, toleranceLeft };
  }

  /** Waits for the event of its exit, which may come after the restart is visible. */
  async exitRecorded(): Promise<void> {
    const timer = setTimeout(this.#exitRecorded.resolve, EXIT_EVENT_TIMEOUT);
    await this.#exitRecorded.promise;
    clearTimeout(timer);
  }
}

const ignoreResult = (): void => undefined;

/** Passes the engine's events on to containers, and notifies at each, until the end of the scope. */
export class ContainerWatcher extends Notifier implements AsyncDisposable {
  readonly containers: readonly WatchedContainer[];
  /** Aborts with the reason why the watch is over: `abort`, the job, the connection, or a broken event stream. */
  readonly signal: AbortSignal;
  /** Resolves when no event is missed any more, or the watch is over. Never rejects. */
  readonly opened: Promise<void>;
  readonly #abort = new AbortController();
  readonly #tasks: Promise<void>[] = [];

  /**
   * Begins to watch.
   * @param since ISO 8601, by the engine's clock: past events from then on are read as well
   * @throws the reason of the job's signal or of the lost connection
   */
  constructor(
    { engine, signal }: Pick<HostContext, 'engine' | 'signal'>,
    containers: readonly WatchedContainer[],
    since?: string,
  ) {
    super();
    this.containers = containers;
    this.signal = AbortSignal.any([this.#abort.signal, signal, engine.disconnected]);
    this.signal.throwIfAborted();
    this.signal.addEventListener('abort', this.notifyAll);
    const filters = {
      type: ['container'],
      container: containers.map(({ subject }) => subject.container.id),
      event: ['start', 'die', 'oom', 'health_status', 'destroy'],
    };
    const opening = engine.events(filters, this.signal, since);
    this.opened = opening.then(ignoreResult, (error: unknown) => this.abort(error));
    this.awaitAtEnd(
      opening.then((events) => this.#listen(events)).catch((error: unknown) => this.abort(error)),
    );
  }

  /**
   * Watches as soon as this resolves.
   * @throws HostError when the engine can't be read; the reason of the job's signal
   */
  static async open(
    ...parameters: ConstructorParameters<typeof ContainerWatcher>
  ): Promise<ContainerWatcher> {
    const watcher = new ContainerWatcher(...parameters);
    await watcher.opened;
    watcher.signal.throwIfAborted();
    return watcher;
  }

  async #listen(events: AsyncIterable<EngineEvent>): Promise<void> {
    for await (const event of events) {
      this.containers.find(({ subject }) => subject.container.id === event.id)?.record(event);
      this.notify();
    }
  }

  /** Whether there was an event since this was asked last after which a container may not be healthy any more. */
  takeAlarm(): boolean {
    return this.containers.map((each) => each.takeAlarm()).includes(true);
  }

  readonly notifyAll = (): void => {
    for (const each of [this, ...this.containers]) each.notify();
  };

  abort(reason?: unknown): void {
    this.#abort.abort(reason);
  }

  /** @param task ends when `signal` aborts, and never rejects */
  awaitAtEnd(task: Promise<void>): void {
    this.#tasks.push(task);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort();
    await Promise.all(this.#tasks);
  }
}
