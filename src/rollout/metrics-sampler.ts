import { observeEdge } from '../edge/edge.ts';
import {
  addStats,
  type MetricsSample,
  NO_REQUESTS,
  type ResponseStats,
  readSample,
  statsSince,
} from '../edge/metrics.ts';
import type { Slot } from '../model/app-environment.ts';
import { messageOf } from '../model/errors.ts';
import type { Action } from '../plan/actions.ts';
import type { CanaryComparison, ObservedResponses } from './canary-analysis.ts';
import type { HostContext } from './host-context.ts';
import { limitSilence, MIN_SILENCE, MIN_WAITING, SilenceDetector, unusualTime } from './silence.ts';

type SamplingOptions = Pick<Action<'watch-release'>, 'slot' | 'duration' | 'baseline'>;

/** The part of a watch in which a release that was just started may be slow. */
const WARM_UP_SHARE = 1 / 4;

/**
 * Records the edge's counters once in a run: what the old release answers from here on is a better baseline than everything
 * that it has ever answered. If the edge can't be read, or no step compares anything, nothing is recorded.
 */
export async function recordCountersAtStart(context: HostContext): Promise<void> {
  if (!context.comparesResponses) return;
  context.runState.countersAtStart ??= await readEdgeCounters(context);
}

/**
 * Records the counters before the first new replicas get requests from the old release's list: from then on the counters
 * can't tell the two releases apart, so only earlier responses count for the old one.
 */
export async function recordCountersBeforeBalancing(context: HostContext): Promise<void> {
  if (!context.comparesResponses) return;
  context.runState.countersBeforeBalancing ??= (await readEdgeCounters(context)) ?? 'unknown';
}

async function readEdgeCounters(context: HostContext): Promise<MetricsSample | undefined> {
  const { engine, runState, signal, log } = context;
  try {
    const edge = runState.edge ?? (await runningEdge(context));
    return edge === undefined ? undefined : await readSample(engine, edge, signal);
  } catch (error) {
    log.debug(messageOf(error));
    return undefined;
  }
}

async function runningEdge({ engine, appEnvironment }: HostContext): Promise<string | undefined> {
  const edge = await observeEdge(engine, appEnvironment);
  return edge.state === 'running' ? edge.containerId : undefined;
}

/** @returns `undefined` if no edge runs, since nothing else counts requests */
export async function openMetricsSampler(
  context: HostContext,
  options: SamplingOptions,
): Promise<MetricsSampler | undefined> {
  const edge = await observeEdge(context.engine, context.appEnvironment);
  return edge.state === 'running' ? new MetricsSampler(context, edge.containerId, options) : undefined;
}

const NO_RESPONSES: ObservedResponses = { all: NO_REQUESTS, warm: NO_REQUESTS };

/** Counts what releases answer while one of them is watched. */
export class MetricsSampler {
  /** Why the last sample could not be read; `undefined` if it could. */
  lastError: unknown;
  /** Whether the edge restarted between two samples: what it answered after the first of them is not known. */
  edgeRestarted: boolean = false;
  readonly #context: HostContext;
  readonly #edge: string;
  readonly #options: SamplingOptions;
  readonly #startedAt: number = performance.now();
  readonly #warmUp: number;
  /** Since when enough requests are in flight to wonder why none is answered. */
  #waitingSince: number | undefined;
  #firstSample: MetricsSample | undefined;
  #lastSample: MetricsSample | undefined;
  readonly #responses: Record<Slot, ObservedResponses> = { blue: NO_RESPONSES, green: NO_RESPONSES };
  readonly #detector: SilenceDetector | undefined;

  constructor(context: HostContext, edge: string, options: SamplingOptions) {
    this.#context = context;
    this.#edge = edge;
    this.#options = options;
    this.#warmUp = options.duration * WARM_UP_SHARE;
    const { slot, baseline } = options;
    this.#detector = baseline && new SilenceDetector(slot, baseline.slot);
  }

  get #isWarm(): boolean {
    return performance.now() >= this.#startedAt + this.#warmUp;
  }

  /** Reads the edge's counters. An edge that can't be read is read again with the next sample. */
  async sample(signal: AbortSignal): Promise<void> {
    try {
      const sample = await readSample(this.#context.engine, this.#edge, signal);
      this.lastError = undefined;
      // Differences are summed, so an edge that restarts loses only what came since the last sample.
      if (this.#lastSample !== undefined) {
        this.#add(this.#lastSample, sample);
        this.edgeRestarted ||= this.#lastSample.startTicks !== sample.startTicks;
      }
      this.#firstSample ??= sample;
      this.#lastSample = sample;
      const now = performance.now();
      if (sample.inFlight[this.#options.slot] < MIN_WAITING) this.#waitingSince = undefined;
      else this.#waitingSince ??= now;
      this.#detector?.add(sample, now / 1000);
    } catch (error) {
      signal.throwIfAborted();
      this.lastError = error;
    }
  }

  #add(last: MetricsSample, sample: MetricsSample): void {
    const { slot: watched, baseline } = this.#options;
    for (const slot of new Set([watched, baseline?.slot ?? watched])) {
      const stats = statsSince(last, sample, slot);
      const { all, warm } = this.#responses[slot];
      this.#responses[slot] = {
        all: addStats(all, stats),
        warm: this.#isWarm ? addStats(warm, stats) : NO_REQUESTS,
      };
    }
  }

  /** `undefined` until a sample could be read. */
  get comparison(): CanaryComparison | undefined {
    const answers = this.#answers;
    if (answers === undefined || this.#lastSample === undefined) return undefined;
    const { slot, duration } = this.#options;
    const silence = this.#detector?.silence;
    return {
      ...answers,
      waiting: this.#silenceLeft > 0 ? 0 : this.#lastSample.inFlight[slot],
      silence: silence && limitSilence(silence, duration / 1000, this.#known),
    };
  }

  get #answers(): Pick<CanaryComparison, 'own' | 'other' | 'before'> | undefined {
    if (this.#firstSample === undefined) return undefined;
    const { slot, baseline } = this.#options;
    const { countersAtStart: start, countersBeforeBalancing: mixed } = this.#context.runState;
    const end = mixed ?? this.#firstSample;
    // Not all that the slot ever answered: it had other releases, and without one the edge itself answers.
    const isKnown = baseline !== undefined && start !== undefined && end !== 'unknown';
    return {
      own: this.#responses[slot],
      other: baseline && (mixed === undefined ? this.#responses[baseline.slot] : NO_RESPONSES),
      before: isKnown ? statsSince(start, end, baseline.slot) : undefined,
    };
  }

  get #known(): readonly ResponseStats[] {
    const answers = this.#answers;
    if (answers === undefined) return [];
    const { own, other, before } = answers;
    return [own.all, other?.all, before].filter((each) => each !== undefined);
  }

  /** Milliseconds until a silent release may be judged: it answers nothing, and requests wait for it. 0 for any other. */
  get judgedAfter(): number {
    const { slot } = this.#options;
    const isSilent = this.#responses[slot].all.count === 0 && (this.#lastSample?.inFlight[slot] ?? 0) > 0;
    const silence = this.comparison?.silence;
    const left = silence === undefined ? 0 : (silence.limit - silence.waited) * 1000;
    return Math.max(0, left, isSilent ? this.#silenceLeft : 0);
  }

  get #silenceLeft(): number {
    const now = performance.now();
    const least = Math.max(MIN_SILENCE, unusualTime(this.#known)) * 1000;
    return Math.max(this.#startedAt + this.#warmUp, (this.#waitingSince ?? now) + least) - now;
  }
}
