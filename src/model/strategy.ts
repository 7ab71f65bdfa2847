import type { ServiceName } from './release.ts';

/** How traffic moves from one release to the next. */
export type Strategy =
  | { readonly name: 'blue-green' }
  | { readonly name: 'recreate' }
  /** Replica by replica, as `deploy.update_config` of each service says. */
  | { readonly name: 'rolling' }
  /** A growing share of the visitors, each step judged against the old release. The last step is 100 %. */
  | { readonly name: 'canary'; readonly steps: readonly CanaryStep[] };
export type StrategyName = Strategy['name'];
export const STRATEGY_NAMES = ['blue-green', 'rolling', 'canary', 'recreate'] as const;

export interface CanaryStep {
  /** Of the visitors, above 0 and at most 1. */
  readonly share: number;
  /** Milliseconds in which the release is judged at this share. */
  readonly duration: number;
}

/** What a release may do while it is watched, compared with the old one. */
export interface CanaryLimits {
  /** By how much its share of answers with 5xx may exceed the old release's: 0.01 is one of a hundred. */
  readonly maxErrors: number;
  /** How many times the old release's latency its own may be. */
  readonly maxLatencyRatio: number;
  /** Fewer requests than this in a step say nothing. */
  readonly minRequests: number;
  /** What follows when there were too few to judge. */
  readonly onTooFewRequests: 'go-on' | 'fail';
}

/** A command that is run once for a fleet in a container of the new release. */
export interface Hook {
  readonly service: ServiceName;
  readonly argv: readonly string[];
}
