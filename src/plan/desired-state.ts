import type { Release } from '../model/release.ts';
import type { CanaryLimits, Hook, Strategy } from '../model/strategy.ts';

/** What a plan is to bring about on every host of a fleet. */
export interface DesiredState {
  readonly release: Release;
  readonly strategy: Strategy;
  /** Fingerprint of the edge that the release's routes need; `undefined` when it has none. */
  readonly edgeFingerprint: string | undefined;
  /** How many releases stay on a host. */
  readonly keep: number;
  readonly command: 'deploy' | 'rollback';
  /** Milliseconds; 0 is none. */
  readonly bake: number;
  readonly limits: CanaryLimits | undefined;
  /** Whether accessories whose definition has changed are made anew. */
  readonly updateAccessories: boolean;
  /** Run once for the fleet. */
  readonly hooks: { readonly before: readonly Hook[]; readonly after: readonly Hook[] };
}
