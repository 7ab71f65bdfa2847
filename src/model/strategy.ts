import type { ServiceName } from './identifiers.ts';

/** How traffic moves from one release to the next. */
export type Strategy =
  | { readonly name: 'blue-green' }
  | { readonly name: 'recreate' }
  /** Batches of replicas, as `deploy.update_config` of each service says. */
  | { readonly name: 'rolling' }
  /** A growing share of the visitors. Each step is compared with the old release; the last one is 100 %. */
  | { readonly name: 'canary'; readonly steps: readonly CanaryStep[] };
export type StrategyName = Strategy['name'];
export const STRATEGY_NAMES = ['blue-green', 'rolling', 'canary', 'recreate'] as const;

export interface CanaryStep {
  /** Of the visitors, above 0 and at most 1. */
  readonly share: number;
  /** Milliseconds in which the release is judged at this share. */
  readonly duration: number;
}

/** By how much a release may be worse than the old one while it is watched. */
export interface CanaryLimits {
  /** How far its share of answers with 5xx may exceed that of the old release: 0.01 is 1%. */
  readonly maxErrors: number;
  /** Its maximum latency as a multiple of the old release's latency. */
  readonly maxLatencyRatio: number;
  /** A step with fewer requests is not judged. */
  readonly minRequests: number;
  readonly onTooFewRequests: 'go-on' | 'fail';
}

/** A command that runs once per fleet in a container of the new release. */
export interface Hook {
  readonly service: ServiceName;
  readonly argv: readonly string[];
}
