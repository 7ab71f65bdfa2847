import type { Release } from '../model/release.ts';
import type { Strategy } from '../model/request.ts';

/** What a plan is to bring about on every host of a fleet. */
export interface Wanted {
  readonly release: Release;
  readonly strategy: Strategy;
  /** Fingerprint of the edge that the release's routes need; `undefined` when it has none. */
  readonly edge: string | undefined;
  /** How many releases stay on a host. */
  readonly keep: number;
  readonly event: 'accepted' | 'rolled-back';
}
