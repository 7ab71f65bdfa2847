/** How a test takes the lock of an environment, as a run of its own. */

import type { Initiator } from '../../src/model/initiator.ts';
import type { LockOptions } from '../../src/rollout/fleet-lock.ts';
import type { OwnEngine } from './own-engine.ts';
import { patience } from './patience.ts';

export const lockOptions = ({ step }: OwnEngine, owner: Initiator): LockOptions => ({
  owner,
  remember: () => undefined,
  timeout: patience(1000),
  log: step.log,
  signal: new AbortController().signal,
  hasEnded: () => false,
  onWait: () => undefined,
});
