/** What holds where a test says nothing else. */

import type { UpdateConfig } from '../../src/model/release.ts';
import type { CanaryLimits } from '../../src/model/strategy.ts';

/** As action.yml has them. */
export const LIMITS: CanaryLimits = {
  maxErrors: 0.01,
  maxLatencyRatio: 1.5,
  minRequests: 100,
  onTooFewRequests: 'go-on',
};

/** An empty `deploy.update_config`. */
export const UPDATE: UpdateConfig = {
  parallelism: 1,
  order: 'start-first',
  delay: 0,
  monitor: 0,
  maxFailureRatio: 0,
  failureAction: 'rollback',
};
