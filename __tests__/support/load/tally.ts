/** What became of every visit: each has exactly one end. */
import { Cut, Unanswered } from './visitor.ts';

/**
 * - `answered`: by a release that was to answer at that moment
 * - `unanswered`: by no release (502, 503)
 * - `unexpected`: by a release that was not to answer at that moment
 * - `cut`: a stream that had begun was ended before its time
 * - `failed`: refused, reset, closed, too slow, an error of the app, a wrong answer
 */
export const ENDS = ['answered', 'unanswered', 'unexpected', 'cut', 'failed'] as const;
export type End = (typeof ENDS)[number];

export interface Visit {
  readonly kind: string;
  readonly quick: boolean;
  /** `performance.now()` */
  readonly from: number;
  readonly to: number;
  readonly end: End;
  readonly release: string | undefined;
  /** For the person who looks for the reason; empty when it was answered. */
  readonly why: string;
}

export interface Failure {
  readonly what: string;
  /** When it was asked, to be found in other logs. */
  readonly time: string;
  /** Milliseconds since the load began. */
  readonly at: number;
  /** How long it took to fail. */
  readonly took: number;
  readonly why: string;
}

export interface LoadResult {
  readonly seed: number;
  readonly requests: number;
  /** All that were not answered as they should have been. */
  readonly failed: number;
  /** The first of them. */
  readonly failures: readonly Failure[];
  readonly ends: Readonly<Record<End, number>>;
  /** Visits by kind. */
  readonly kinds: ReadonlyMap<string, Readonly<Record<End, number>>>;
  /** Answers by release, the unexpected too. */
  readonly answers: ReadonlyMap<string, number>;
  /** Of the kinds that are answered at once; milliseconds. */
  readonly latency: { readonly median: number; readonly p99: number; readonly slowest: number };
  /** Milliseconds in which nobody was answered: from the first failure after an answer to the next answer. */
  readonly down: number;
  /** Milliseconds that the load lasted. */
  readonly took: number;
}

const KEPT_FAILURES = 100;

export class Tally {
  readonly #began = performance.now();
  readonly #ends = none();
  readonly #kinds = new Map<string, Record<End, number>>();
  readonly #answers = new Map<string, number>();
  readonly #failures: Failure[] = [];
  readonly #times: number[] = [];
  #down = 0;
  #downSince: number | undefined;
  #last = 0;

  add({ kind, quick, from, to, end, release, why }: Visit): void {
    this.#ends[end] += 1;
    const ofKind = this.#kinds.get(kind) ?? none();
    ofKind[end] += 1;
    this.#kinds.set(kind, ofKind);
    if (release !== undefined) this.#answers.set(release, this.of(release) + 1);
    if (quick && end === 'answered') this.#times.push(to - from);
    if (quick) this.#measureDown(end, to);
    this.#last = to;
    if (end === 'answered' || this.#failures.length >= KEPT_FAILURES) return;
    this.#failures.push({
      what: `${kind}: ${end}`,
      time: new Date(performance.timeOrigin + from).toISOString(),
      at: Math.round(from - this.#began),
      took: Math.round(to - from),
      why,
    });
  }

  /** Answers of a release so far. */
  of(release: string): number {
    return this.#answers.get(release) ?? 0;
  }

  result(seed: number): LoadResult {
    const times = this.#times.toSorted((one, other) => one - other);
    const part = (share: number): number =>
      Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 10) / 10;
    const requests = ENDS.reduce((sum, end) => sum + this.#ends[end], 0);
    return {
      seed,
      requests,
      failed: requests - this.#ends.answered,
      failures: [...this.#failures],
      ends: { ...this.#ends },
      kinds: new Map([...this.#kinds].map(([kind, ends]) => [kind, { ...ends }])),
      answers: new Map(this.#answers),
      latency: { median: part(0.5), p99: part(0.99), slowest: part(1) },
      // Nobody may have been answered any more.
      down: Math.round(this.#down + this.#last - (this.#downSince ?? this.#last)),
      took: Math.round(performance.now() - this.#began),
    };
  }

  #measureDown(end: End, at: number): void {
    const isDown = end === 'unanswered' || end === 'failed';
    if (isDown) this.#downSince ??= at;
    else if (this.#downSince !== undefined) {
      this.#down += at - this.#downSince;
      this.#downSince = undefined;
    }
  }
}

/** How a visit ended that was not answered. */
export function endOf(error: unknown): Pick<Visit, 'end' | 'release' | 'why'> {
  const why = error instanceof Error ? error.message || error.name : String(error);
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  if (error instanceof Unanswered) return { end: 'unanswered', release: undefined, why };
  if (error instanceof Cut)
    return { end: 'cut', release: undefined, why: `release ${error.release}: ${why}` };
  return { end: 'failed', release: undefined, why: why + code };
}

function none(): Record<End, number> {
  return { answered: 0, unanswered: 0, unexpected: 0, cut: 0, failed: 0 };
}
