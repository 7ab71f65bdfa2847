import type { Command } from '../model/request.ts';
import { fingerprintOf } from './fingerprint.ts';

/** A lock that a step holds on a host. The runner keeps it for `post`, in case the step is killed. */
export interface SavedLock {
  readonly command: Command;
  readonly host: string;
  readonly containerId: string;
}

const PREFIX = 'lock-';

/** The name under which the runner keeps the lock of a host. */
export const lockStateName = (host: string): string => `${PREFIX}${fingerprintOf(host, 12)}`;

/** The locks that a step still held when it ended. */
export const locksLeft = (environment: Readonly<Record<string, string | undefined>>): readonly SavedLock[] =>
  Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith(`STATE_${PREFIX}`) && value ? [JSON.parse(value)] : [],
  );
