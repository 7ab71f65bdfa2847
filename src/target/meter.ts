import { observeEdge } from '../edge/edge.ts';
import { type Answers, NOTHING, readSample, type Sample, since, together } from '../edge/metrics.ts';
import { messageOf } from '../model/errors.ts';
import type { Slot } from '../model/release.ts';
import type { Placed } from '../plan/steps.ts';
import type { Comparison, Seen } from './verdict.ts';
import type { Work } from './work.ts';

/** Counts what releases answer while one of them is watched. */
export interface Meter {
  /** Reads the edge's counters. An edge that does not tell for a moment is asked again with the next look. */
  look(signal: AbortSignal): Promise<void>;
  /** `undefined` as long as nothing could be read. */
  readonly comparison: Comparison | undefined;
  /** Why the last look saw nothing; `undefined` if it saw something. */
  readonly failed: unknown;
  /** Whether the edge was started anew between two looks: what it answered after the first of them is not known. */
  readonly interrupted: boolean;
}

interface Watching extends Placed {
  readonly for: number;
  readonly against: Placed | undefined;
}

/** The part of the time in which what was just started may be slow. */
const WARM_UP = 1 / 4;

/**
 * Notes what was answered until now, once in a run: what the old release answers from here on tells better how it does these
 * minutes than all that it has ever answered. Where the edge does not tell, nothing is noted.
 */
export async function noteCounters(work: Work): Promise<void> {
  work.kept.counted ??= await countersOf(work);
}

/**
 * Notes the same before the first replicas of the new release are asked by the old one's list: from then on nobody can tell
 * the answers of the two apart, so only what was answered before is the old one's.
 */
export async function noteMix(work: Work): Promise<void> {
  work.kept.mixed ??= (await countersOf(work)) ?? 'unknown';
}

async function countersOf(work: Work): Promise<Sample | undefined> {
  try {
    const state = await observeEdge(work.engine, work.of);
    return state.state === 'running'
      ? await readSample(work.engine, state.containerId, work.signal)
      : undefined;
  } catch (error) {
    work.log.debug(messageOf(error));
    return undefined;
  }
}

/** @returns `undefined` where no edge runs: nobody counts there. */
export async function openMeter(work: Work, of: Watching): Promise<Meter | undefined> {
  const state = await observeEdge(work.engine, work.of);
  if (state.state !== 'running') return undefined;
  return new EdgeMeter(work, state.containerId, of);
}

const UNSEEN: Seen = { all: NOTHING, warm: NOTHING };

class EdgeMeter implements Meter {
  failed: unknown;
  interrupted: boolean = false;
  readonly #work: Work;
  readonly #edge: string;
  readonly #of: Watching;
  readonly #warm: number;
  #first: Sample | undefined;
  #last: Sample | undefined;
  readonly #seen: Record<Slot, Seen> = {
    blue: UNSEEN,
    green: UNSEEN,
  };

  constructor(work: Work, edge: string, of: Watching) {
    this.#work = work;
    this.#edge = edge;
    this.#of = of;
    this.#warm = performance.now() + of.for * WARM_UP;
  }

  get #isWarm(): boolean {
    return performance.now() >= this.#warm;
  }

  async look(signal: AbortSignal): Promise<void> {
    try {
      const sample = await readSample(this.#work.engine, this.#edge, signal);
      this.failed = undefined;
      // Differences are summed, so that an edge that is started anew meanwhile loses no more than a look's worth.
      if (this.#last !== undefined) this.#add(this.#last, sample);
      this.interrupted ||= this.#last !== undefined && this.#last.started !== sample.started;
      this.#first ??= sample;
      this.#last = sample;
    } catch (error) {
      signal.throwIfAborted();
      this.failed = error;
    }
  }

  #add(last: Sample, sample: Sample): void {
    for (const slot of [this.#of.slot, ...(this.#of.against === undefined ? [] : [this.#of.against.slot])]) {
      const more = since(last, sample, slot);
      const seen = this.#seen[slot];
      this.#seen[slot] = {
        all: together(seen.all, more),
        warm: this.#isWarm ? together(seen.warm, more) : NOTHING,
      };
    }
  }

  get comparison(): Comparison | undefined {
    if (this.#first === undefined || this.#last === undefined) return undefined;
    const { slot, against } = this.#of;
    const apart = this.#work.kept.mixed === undefined;
    return {
      own: this.#seen[slot],
      other: against === undefined ? undefined : apart ? this.#seen[against.slot] : UNSEEN,
      before: against === undefined ? [] : this.#before(this.#first, against.slot),
      waiting: this.#isWarm ? this.#last.inFlight[slot] : 0,
    };
  }

  #before(ever: Sample, slot: Slot): readonly Answers[] {
    const { counted, mixed } = this.#work.kept;
    if (mixed === 'unknown') return [];
    // Not all that the slot ever answered: other releases have stood there, and the edge itself answers while none does.
    return counted === undefined ? [] : [since(counted, mixed ?? ever, slot)];
  }
}
