/** Somebody who visits the app again and again, each kind in a way of its own. */
import type { Place } from '../http.ts';
import { patience } from '../patience.ts';
import type { Random } from './random.ts';

/** Of one visit: an answer that is whole and right. */
export interface Answer {
  /** Who gave it: `x-release`. */
  readonly release: string;
  /** When the release was known, that is, chosen by then; `performance.now()`. */
  readonly chosen: number;
}

export interface Visitor {
  /**
   * One request with its whole answer, or one stream from its beginning to its end.
   *
   * @throws Unanswered, Cut, or another Error: then it failed
   */
  visit(): Promise<Answer>;
  /** Closes what is kept between visits. */
  leave(): void;
}

export interface Kind {
  readonly name: string;
  /** Whether the app answers at once, so that the time of an answer says something. */
  readonly quick: boolean;
  /** Visits that share what is kept between visits; 1 if it is not said. */
  readonly lanes?: number;
  arrive(place: Place, random: Random): Visitor;
}

/** Somebody answered who is no release: the edge or the front, that nobody is there. */
export class Unanswered extends Error {}

/** A stream that had begun was ended by the other side before its time. */
export class Cut extends Error {
  readonly release: string;

  constructor(release: string, message: string) {
    super(message);
    this.release = release;
  }
}

/** A visit that takes longer has failed; milliseconds. Long, for machines that have much else to do. */
export const PATIENCE = 60_000 + patience(100);
