import type { Release } from '../model/release.ts';
import type { CanaryLimits, Hook, Strategy } from '../model/strategy.ts';
import type { Adoption } from './existing-deployment.ts';

/** The state that a plan brings every host of a fleet to, and how. */
export interface DesiredState {
  readonly release: Release;
  readonly strategy: Strategy;
  /** Fingerprint of the edge that the release's routes need; `undefined` if it has no routes. */
  readonly edgeFingerprint: string | undefined;
  /** How many releases stay on a host. */
  readonly keep: number;
  readonly command: 'deploy' | 'rollback';
  /** Milliseconds; 0 is none. */
  readonly bake: number;
  readonly limits: CanaryLimits | undefined;
  /** Whether accessories whose definition has changed are recreated. */
  readonly updateAccessories: boolean;
  /** Compose projects by host that this deploy takes over. */
  readonly adopts?: Adoption['projects'];
  /** Run once for the whole fleet. */
  readonly hooks: { readonly before: readonly Hook[]; readonly after: readonly Hook[] };
}
