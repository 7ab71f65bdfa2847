import { observeEdge } from '../edge/edge.ts';
import {
  addStats,
  type MetricsSample,
  NO_REQUESTS,
  type ResponseStats,
  readSample,
  statsSince,
} from '../edge/metrics.ts';
import { messageOf } from '../model/errors.ts';
import type { Slot } from '../model/release.ts';
import type { ReleaseInSlot } from '../plan/steps.ts';
import type { CanaryComparison, ObservedResponses } from './canary-analysis.ts';
import type { HostContext } from './host-context.ts';

/** Counts what releases answer while one of them is watched. */
export interface MetricsSampler {
  /** Reads the edge's counters. An edge that does not tell for a moment is asked again with the next look. */
  sample(signal: AbortSignal): Promise<void>;
  /** `undefined` as long as nothing could be read. */
  readonly comparison: CanaryComparison | undefined;
  /** Why the last look saw nothing; `undefined` if it saw something. */
  readonly lastError: unknown;
  /** Whether the edge was started anew between two looks: what it answered after the first of them is not known. */
  readonly edgeRestarted: boolean;
}

interface SamplingOptions extends ReleaseInSlot {
  readonly duration: number;
  readonly baseline: ReleaseInSlot | undefined;
}

/** The part of the time in which what was just started may be slow. */
const WARM_UP_SHARE = 1 / 4;

/**
 * Notes what was answered until now, once in a run: what the old release answers from here on tells better how it does these
 * minutes than all that it has ever answered. Where the edge does not tell, nothing is noted.
 */
export async function recordCountersAtStart(context: HostContext): Promise<void> {
  context.runState.countersAtStart ??= await readEdgeCounters(context);
}

/**
 * Notes the same before the first replicas of the new release are asked by the old one's list: from then on nobody can tell
 * the answers of the two apart, so only what was answered before is the old one's.
 */
export async function recordCountersBeforeBalancing(context: HostContext): Promise<void> {
  context.runState.countersBeforeBalancing ??= (await readEdgeCounters(context)) ?? 'unknown';
}

async function readEdgeCounters(context: HostContext): Promise<MetricsSample | undefined> {
  try {
    const state = await observeEdge(context.engine, context.appEnvironment);
    return state.state === 'running'
      ? await readSample(context.engine, state.containerId, context.signal)
      : undefined;
  } catch (error) {
    context.log.debug(messageOf(error));
    return undefined;
  }
}

/** @returns `undefined` where no edge runs: nobody counts there. */
export async function openMetricsSampler(
  context: HostContext,
  options: SamplingOptions,
): Promise<MetricsSampler | undefined> {
  const state = await observeEdge(context.engine, context.appEnvironment);
  if (state.state !== 'running') return undefined;
  return new EdgeMetricsSampler(context, state.containerId, options);
}

const NO_RESPONSES: ObservedResponses = { all: NO_REQUESTS, warm: NO_REQUESTS };

class EdgeMetricsSampler implements MetricsSampler {
  lastError: unknown;
  edgeRestarted: boolean = false;
  readonly #context: HostContext;
  readonly #edgeContainer: string;
  readonly #options: SamplingOptions;
  readonly #warmAt: number;
  #firstSample: MetricsSample | undefined;
  #lastSample: MetricsSample | undefined;
  readonly #responses: Record<Slot, ObservedResponses> = {
    blue: NO_RESPONSES,
    green: NO_RESPONSES,
  };

  constructor(context: HostContext, edgeContainer: string, options: SamplingOptions) {
    this.#context = context;
    this.#edgeContainer = edgeContainer;
    this.#options = options;
    this.#warmAt = performance.now() + options.duration * WARM_UP_SHARE;
  }

  get #isWarm(): boolean {
    return performance.now() >= this.#warmAt;
  }

  async sample(signal: AbortSignal): Promise<void> {
    try {
      const sample = await readSample(this.#context.engine, this.#edgeContainer, signal);
      this.lastError = undefined;
      // Differences are summed, so that an edge that is started anew meanwhile loses no more than a look's worth.
      if (this.#lastSample !== undefined) this.#add(this.#lastSample, sample);
      this.edgeRestarted ||=
        this.#lastSample !== undefined && this.#lastSample.startTicks !== sample.startTicks;
      this.#firstSample ??= sample;
      this.#lastSample = sample;
    } catch (error) {
      signal.throwIfAborted();
      this.lastError = error;
    }
  }

  #add(last: MetricsSample, sample: MetricsSample): void {
    for (const slot of [
      this.#options.slot,
      ...(this.#options.baseline === undefined ? [] : [this.#options.baseline.slot]),
    ]) {
      const more = statsSince(last, sample, slot);
      const responses = this.#responses[slot];
      this.#responses[slot] = {
        all: addStats(responses.all, more),
        warm: this.#isWarm ? addStats(responses.warm, more) : NO_REQUESTS,
      };
    }
  }

  get comparison(): CanaryComparison | undefined {
    if (this.#firstSample === undefined || this.#lastSample === undefined) return undefined;
    const { slot, baseline } = this.#options;
    const apart = this.#context.runState.countersBeforeBalancing === undefined;
    return {
      own: this.#responses[slot],
      other: baseline === undefined ? undefined : apart ? this.#responses[baseline.slot] : NO_RESPONSES,
      before: baseline === undefined ? [] : this.#responsesBefore(this.#firstSample, baseline.slot),
      waiting: this.#isWarm ? this.#lastSample.inFlight[slot] : 0,
    };
  }

  #responsesBefore(firstSample: MetricsSample, slot: Slot): readonly ResponseStats[] {
    const { countersAtStart, countersBeforeBalancing } = this.#context.runState;
    if (countersBeforeBalancing === 'unknown') return [];
    // Not all that the slot ever answered: other releases have stood there, and the edge itself answers while none does.
    return countersAtStart === undefined
      ? []
      : [statsSince(countersAtStart, countersBeforeBalancing ?? firstSample, slot)];
  }
}
