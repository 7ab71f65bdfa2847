import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerDetails, Engine, Healthcheck } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { messageWithoutHost } from '../model/errors.ts';

/**
 * A HEALTHCHECK whose first answer comes late: the engine waits for a whole interval before it runs the command, unless the
 * image has a start period. Then Sealift runs the same command in the container, so that the interval that an app has in
 * operation does not decide how long its deploys take, or whether they can succeed.
 */

/** Milliseconds. A first answer after the default interval of 30 s would make most deploys slower than their app. */
const LATE = 10_000;

/** Milliseconds between two runs; later ones wait longer. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;

/** How the command last ended. */
export interface OwnCheck {
  /** When the container in which it succeeded was started; `undefined`: it has not succeeded yet. */
  passedIn?: string | undefined;
  /** What it printed last, or why it could not be run. */
  output?: string | undefined;
}

/**
 * Whether the engine first runs the command later than after `LATE` milliseconds, or less than twice within `timeout`
 * milliseconds after the start of a container. Pure.
 */
export function asksTooRarely(
  { interval, startPeriod, startInterval }: Healthcheck,
  timeout: number,
): boolean {
  // moby, daemon/health.go: in the start period the start interval counts.
  if (startPeriod === 0) return interval > LATE || 2 * interval >= timeout;
  return startInterval > LATE || startInterval + Math.min(startInterval, interval) >= timeout;
}

/**
 * Runs the command of a HEALTHCHECK until it has succeeded, again after each start of the container, until the signal aborts. Never rejects: what goes wrong is in
 * `check.output`, since the container may still become healthy.
 * @param notify called after each run
 */
export async function runOwnChecks(
  engine: Pick<Engine, 'host' | 'exec' | 'inspectContainer'>,
  { id, healthcheck }: Pick<ContainerDetails, 'id' | 'healthcheck'>,
  check: OwnCheck,
  signal: AbortSignal,
  notify: () => void,
): Promise<void> {
  if (healthcheck === undefined) return;
  for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      const { startedAt, state } = await engine.inspectContainer(id);
      if (state === 'running' && check.passedIn !== startedAt) {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(healthcheck.timeout)]);
        const { exitCode, stdout, stderr } = await engine.exec(id, healthcheck.argv, { signal: limit });
        check.output = (stdout + stderr).trim() || `exit code ${exitCode}`;
        if (exitCode === 0) check.passedIn = startedAt;
      }
    } catch (error) {
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      check.output = isLate
        ? `no answer within ${formatDuration(healthcheck.timeout)}`
        : messageWithoutHost(engine.host, error);
    }
    notify();
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
}
