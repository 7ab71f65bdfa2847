import type { ContainerDetails, EngineEvent } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { ReleaseId, ServiceName } from '../model/release.ts';
import type { Part } from '../plan/steps.ts';
import { Bell } from './bell.ts';
import { containersOf } from './containers.ts';
import { proveCounts } from './count.ts';
import { inspectAll } from './inspect.ts';
import { course, type Fate, judge, SETTLE_TIME } from './judge.ts';
import { serviceOf } from './labels.ts';
import { firstOf } from './part.ts';
import { releaseById, type Work } from './work.ts';

/** What is to stay well. */
interface Guarded {
  /** For the error: `while it was watched`. */
  readonly when: string;
  readonly release: ReleaseId;
  readonly services: readonly ServiceName[];
  readonly only?: Part;
  readonly tolerate?: Part;
}

/** A container as it was when it was well, and how it ended last since. */
interface Ward {
  readonly service: ServiceName;
  readonly oneShot: boolean;
  readonly before: ContainerDetails;
  end: Fate['end'];
  outOfMemory: boolean;
  /** Resolved once the engine has told how it ended. */
  readonly told: PromiseWithResolvers<void>;
}

/**
 * Sees to it that containers stay as well as they were when they were checked: the engine tells what becomes of them, which
 * wakes whoever waits at the bell. Must be closed.
 */
export class Guard {
  readonly bell = new Bell();
  /** Aborts with what ends the guard from outside. */
  readonly signal: AbortSignal;
  readonly #work: Work;
  readonly #of: Guarded;
  readonly #over = new AbortController();
  #wards: readonly Ward[] = [];
  #heard: Promise<void> | undefined;

  private constructor(work: Work, of: Guarded) {
    this.#work = work;
    this.#of = of;
    this.signal = AbortSignal.any([this.#over.signal, work.signal, work.engine.lost]);
    this.signal.addEventListener('abort', this.bell.ring);
  }

  /** @throws HostError when there are fewer containers than the release has; the reason of the work's signal */
  static async over(work: Work, of: Guarded): Promise<Guard> {
    const guard = new Guard(work, of);
    try {
      await guard.#begin();
      return guard;
    } catch (error) {
      await guard.close();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    this.signal.throwIfAborted();
    const work = this.#work;
    const { release: id, services, only, tolerate } = this.#of;
    const release = releaseById(work, id);
    const found = firstOf(await containersOf(work, id, services), only);
    proveCounts(work, release, found, this.#of, tolerate);
    this.#wards = found.map((container) => {
      const service = serviceOf(container) ?? container.name;
      const oneShot = release.services[service]?.oneShot ?? false;
      const before = work.kept.checked.get(container.id) ?? container;
      const told = Promise.withResolvers<void>();
      return { service, oneShot, before, end: undefined, outOfMemory: false, told };
    });
    // Open before the first look, so that nothing happens unseen between the two.
    const events = await work.engine.events(filtersFor(found), this.signal, firstStart(this.#wards));
    this.#heard = this.#listen(events).catch((error: unknown) => this.#over.abort(error));
  }

  /** Remembers how they end: once restarted, a container itself does not know any more. */
  async #listen(events: AsyncIterable<EngineEvent>): Promise<void> {
    for await (const { id, action, attributes } of events) {
      const ward = this.#wards.find(({ before }) => before.id === id);
      if (ward !== undefined && action === 'oom') ward.outOfMemory = true;
      if (ward !== undefined && action === 'die') {
        ward.end = { exitCode: Number(attributes['exitCode']), oomKilled: ward.outOfMemory };
        ward.outOfMemory = false;
        ward.told.resolve();
      }
      this.bell.ring();
    }
  }

  /** How many containers are guarded. */
  get size(): number {
    return this.#wards.length;
  }

  /** Whether all of them have ended as they should, so that nothing can become of them any more. */
  get isThrough(): boolean {
    return this.#wards.every(({ oneShot, before }) => oneShot && before.state === 'exited');
  }

  /**
   * Looks at every container anew.
   * @returns what is tolerated of what is wrong
   * @throws HostError when more containers of a service have failed than are tolerated; the reason of the signal
   */
  async failures(): Promise<readonly string[]> {
    this.signal.throwIfAborted();
    const { engine } = this.#work;
    const found = await Promise.all(
      this.#wards.map(async (ward) => {
        const { service, before, oneShot } = ward;
        const [now] = await inspectAll(engine, [before]);
        if (now !== undefined && now.restartCount > before.restartCount) await toldOf(ward);
        return {
          service,
          why: now === undefined ? 'it was removed' : failureOf(before, now, oneShot, ward.end),
        };
      }),
    );
    for (const service of new Set(found.map((each) => each.service))) {
      const failed = found.filter((each) => each.service === service && each.why !== undefined);
      const [first] = failed;
      if (first === undefined || failed.length <= (this.#of.tolerate?.[service] ?? 0)) continue;
      throw new HostError(engine.host, `${service} did not stay well ${this.#of.when}: ${first.why}`);
    }
    return found.flatMap(({ service, why }) => (why === undefined ? [] : [`tolerated: ${service}: ${why}`]));
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#heard;
  }
}

/** Milliseconds; the engine tells what it remembers at once. */
const SOON = 500;

/** Something was restarted: how it ended is told by an event, and not by the container itself. */
async function toldOf({ told }: Ward): Promise<void> {
  const timer = setTimeout(told.resolve, SOON);
  await told.promise;
  clearTimeout(timer);
}

const filtersFor = (
  containers: readonly ContainerDetails[],
): Readonly<Record<string, readonly string[]>> => ({
  type: ['container'],
  container: containers.map(({ id }) => id),
  event: ['start', 'die', 'oom', 'health_status', 'destroy'],
});

/** What happened since is asked for too: one that has ended and runs again no longer knows its exit code. */
function firstStart(wards: readonly Ward[]): string | undefined {
  return wards
    .map(({ before }) => before.startedAt)
    .sort()
    .at(0);
}

/** What has become of a container that was well; `undefined`: nothing bad. Pure. */
export function failureOf(
  before: ContainerDetails,
  now: ContainerDetails,
  oneShot: boolean,
  end?: Fate['end'],
): string | undefined {
  const restarts = Math.max(0, now.restartCount - before.restartCount);
  const fate: Fate = { restarts, end, mayCrashFor: 0 };
  const verdict = judge(now, oneShot, SETTLE_TIME);
  if (verdict.kind === 'bad') return restarts > 0 ? course(now, fate) : verdict.why;
  if (oneShot) return undefined;
  if (restarts > 0) return `it ended and was started again: ${course(now, fate)}`;
  if (now.startedAt !== before.startedAt || now.state === 'restarting')
    return 'it ended and was started again';
  return now.state === 'running' ? undefined : `it is ${now.state}`;
}
