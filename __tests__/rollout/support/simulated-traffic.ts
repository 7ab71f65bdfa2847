import { type MetricsSample, type ResponseStats, statsSince } from '../../../src/edge/metrics.ts';
import { SLOTS, type Slot } from '../../../src/model/app-environment.ts';
import type { CanaryLimits } from '../../../src/model/strategy.ts';
import { findBreach } from '../../../src/rollout/canary-analysis.ts';
import {
  limitSilence,
  MIN_SILENCE,
  MIN_WAITING,
  SilenceDetector,
  unusualTime,
} from '../../../src/rollout/silence.ts';
import { type Random, randomFrom } from '../../support/load/random.ts';
import { LIMITS } from '../../support/usual.ts';

/** Requests of simulated visitors to a canary in green and the old release in blue, what an edge counts of them, and the verdict. Seconds. */

/** How an app answers a kind of requests. */
interface Behaviour {
  /** Until the first byte. */
  readonly answers: readonly [least: number, most: number];
  /** From the first byte to the end: a stream, a download. */
  readonly lasts?: readonly [least: number, most: number];
  /** How many of these streams are cut off before their end. */
  readonly cut?: number;
  /** When a visitor gives up. */
  readonly patience?: number;
  /** Between two requests. */
  readonly pause?: readonly [least: number, most: number];
}

/** A kind of visitors, who come by chance. */
export interface VisitorKind extends Behaviour {
  /** A second. With 0, `together` of them are there from the beginning, and never leave. */
  readonly arrivals: number;
  /** Requests of one visitor at a time. */
  readonly together?: number;
  /** Requests of one visitor, one after the other in each lane. */
  readonly requests?: number;
  /** Without a cookie each request reaches a release by chance; with one, each visitor does. */
  readonly cookie?: boolean;
}

/** When a release answers nothing. */
export interface Standstill {
  readonly slot: Slot;
  readonly from: number;
  readonly to: number;
}

interface SimulatedRequest {
  readonly slot: Slot;
  readonly at: number;
  /** Infinite: never. */
  readonly answeredAt: number;
  readonly endedAt: number;
  readonly isCut: boolean;
}

export interface Watch {
  readonly seed: number;
  /** Of the visitors that the canary gets. */
  readonly share: number;
  readonly duration?: number;
  readonly standstills?: readonly Standstill[];
}

/** Whoever comes to a canary is new, so its mean latency is another one by chance. */
const ONLY_HANGS: CanaryLimits = { ...LIMITS, maxLatencyRatio: 1e6 };

/** So long before the watch the visitors have come already, to the old release. */
const PRELUDE = 60;

/** Watches a canary; answers when it was found to be worse, and how. */
export function watchCanary(
  kinds: readonly VisitorKind[],
  { seed, share, duration = 120, standstills = [] }: Watch,
): { readonly at: number; readonly breach: string } | undefined {
  const random = randomFrom(seed);
  const requests = kinds.flatMap((kind) => visits(kind, { share, duration, standstills }, random));
  const edge = new SimulatedEdge(requests);
  const start = edge.sampleAt(-PRELUDE);
  const first = edge.sampleAt(0);
  const before = statsSince(start, first, 'blue');
  const detector = new SilenceDetector('green', 'blue');
  let waitingSince: number | undefined;
  for (let at = 0; at <= duration; at += 2) {
    const sample = edge.sampleAt(at);
    waitingSince = sample.inFlight.green < MIN_WAITING ? undefined : (waitingSince ?? at);
    detector.add(sample, at);
    const [own, other] = [statsSince(first, sample, 'green'), statsSince(first, sample, 'blue')];
    const { silence } = detector;
    const known = [own, other, before];
    const isEarly =
      at < Math.max(duration / 4, (waitingSince ?? at) + Math.max(MIN_SILENCE, unusualTime(known)));
    const breach = findBreach(
      {
        own: { all: own, warm: own },
        other: { all: other, warm: other },
        ...{ before, waiting: isEarly ? 0 : sample.inFlight.green },
        silence: silence && limitSilence(silence, duration, known),
      },
      ONLY_HANGS,
    );
    if (breach !== undefined) return { at, breach };
  }
  return undefined;
}

type Course = Required<Pick<Watch, 'share' | 'duration' | 'standstills'>>;

function visits(kind: VisitorKind, course: Course, random: Random): readonly SimulatedRequest[] {
  const { arrivals, together = 1, cookie = true } = kind;
  const made: SimulatedRequest[] = [];
  const choose = (at: number): Slot => (at >= 0 && random.between(0, 1) < course.share ? 'green' : 'blue');
  for (let from = -PRELUDE; from < course.duration; from += exponential(arrivals, random)) {
    const own = choose(from);
    const slotOf = cookie ? (): Slot => own : choose;
    for (let lane = 0; lane < together; lane += 1)
      made.push(...requestsFrom(from, kind, course, slotOf, random));
    if (arrivals === 0) break;
  }
  return made;
}

function requestsFrom(
  from: number,
  { requests = Number.POSITIVE_INFINITY, patience = 60, pause = [0, 0.1], ...kind }: VisitorKind,
  { duration, standstills }: Course,
  slotOf: (at: number) => Slot,
  random: Random,
): readonly SimulatedRequest[] {
  const made: SimulatedRequest[] = [];
  for (let at = from + random.between(...pause); at < duration && made.length < requests; ) {
    const slot = slotOf(at);
    const ready = at + random.between(...kind.answers);
    const still = standstills.find((each) => each.slot === slot && ready >= each.from && at < each.to);
    const answer = still === undefined ? ready : still.to + random.between(0, 0.5);
    const isAnswered = answer < at + patience;
    const isCut = isAnswered && random.between(0, 1) < (kind.cut ?? 0);
    const endedAt = isAnswered ? answer + random.between(...(kind.lasts ?? [0, 0])) : at + patience;
    made.push({ slot, at, answeredAt: isAnswered ? answer : Number.POSITIVE_INFINITY, endedAt, isCut });
    at = endedAt + random.between(...pause);
  }
  return made;
}

const exponential = (rate: number, random: Random): number => -Math.log(1 - random.between(0, 1)) / rate;

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Number.POSITIVE_INFINITY];

/** One of the edge's counters of a slot, each time that it grows. */
interface Growth {
  readonly at: number;
  readonly slot: Slot;
  readonly counts: 'came' | 'ended' | 'cut' | number;
}

/** What the edge has counted, as Caddy does: a response whose body is cut off has not ended, and a request that was given up has. */
class SimulatedEdge {
  readonly #growths: readonly Growth[];
  #next = 0;
  readonly #counters = { blue: new SlotCounters(), green: new SlotCounters() };

  constructor(requests: readonly SimulatedRequest[]) {
    this.#growths = requests
      .flatMap(({ slot, at, answeredAt, endedAt, isCut }): Growth[] => [
        { slot, at, counts: 'came' },
        ...(Number.isFinite(answeredAt) ? [{ slot, at: answeredAt, counts: answeredAt - at }] : []),
        { slot, at: endedAt, counts: isCut ? 'cut' : 'ended' },
      ])
      .sort((one, other) => one.at - other.at);
  }

  /** To be called with times that grow. */
  sampleAt(time: number): MetricsSample {
    for (let growth = this.#growths[this.#next]; growth !== undefined && growth.at <= time; ) {
      this.#counters[growth.slot].count(growth.counts);
      this.#next += 1;
      growth = this.#growths[this.#next];
    }
    const { blue, green } = this.#counters;
    return {
      startTicks: 1,
      stats: { blue: blue.stats, green: green.stats },
      inFlight: { blue: blue.inFlight, green: green.inFlight },
      unanswered: { blue: blue.unanswered, green: green.unanswered },
    };
  }
}

class SlotCounters {
  #came = 0;
  #ended = 0;
  #cut = 0;
  #answered = 0;
  #seconds = 0;
  readonly #buckets = BUCKETS.map(() => 0);

  count(what: Growth['counts']): void {
    if (what === 'came') this.#came += 1;
    else if (what === 'ended') this.#ended += 1;
    else if (what === 'cut') this.#cut += 1;
    else {
      this.#answered += 1;
      this.#seconds += what;
      const bucket = BUCKETS.findIndex((limit) => what <= limit);
      this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    }
  }

  get inFlight(): number {
    return this.#came - this.#ended - this.#cut;
  }

  get unanswered(): number {
    return this.inFlight + this.#ended - this.#answered;
  }

  get stats(): ResponseStats {
    const [count, seconds] = [this.#answered, this.#seconds];
    const histogram = BUCKETS.map((limit, index) => [limit, this.#buckets[index] ?? 0] as const);
    return { count, errors: 0, timed: count, seconds, histogram };
  }
}

export const bothStandStill = (from: number, to: number): readonly Standstill[] =>
  SLOTS.map((slot) => ({ slot, from, to }));
