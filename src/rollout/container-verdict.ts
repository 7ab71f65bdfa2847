import type { ContainerDetails } from '../engine/engine.ts';

/** How long a container without any check of its own must run without a restart. Milliseconds. */
export const SETTLE_TIME = 2_000;

export type ContainerVerdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly why: string }
  /** `recheckIn` milliseconds time alone may have changed the verdict. */
  | { readonly kind: 'pending'; readonly recheckIn?: number };

/** A container that was restarted as often as this and ends again crashes for good. */
export const CRASH_LOOP_RESTARTS = 3;

/** What befell a container while it was waited for. */
export interface CrashHistory {
  readonly restarts: number;
  /** How it ended last; a container that was restarted no longer says it itself. */
  readonly lastExit: { readonly exitCode: number; readonly oomKilled: boolean } | undefined;
  /**
   * Milliseconds in which it may crash: many apps do until their database answers, and rely on being restarted.
   */
  readonly toleranceLeft: number;
}

export const NO_CRASHES: CrashHistory = { restarts: 0, lastExit: undefined, toleranceLeft: 0 };

/**
 * Judges a container by what it is now, having run for `runningFor` milliseconds since its last start, and by what befell it.
 * Pure.
 */
export function judgeContainer(
  details: ContainerDetails,
  oneShot: boolean,
  runningFor: number,
  crashHistory: CrashHistory = NO_CRASHES,
): ContainerVerdict {
  if (details.state === 'restarting' && crashHistory.restarts >= CRASH_LOOP_RESTARTS) {
    return crashHistory.toleranceLeft > 0
      ? { kind: 'pending', recheckIn: crashHistory.toleranceLeft }
      : { kind: 'failed', why: `it crashes again and again: ${crashText(details, crashHistory)}` };
  }
  if (details.state === 'exited' || details.state === 'dead') {
    return oneShot && details.exitCode === 0 ? { kind: 'ok' } : { kind: 'failed', why: exitText(details) };
  }
  if (oneShot || details.state !== 'running') return { kind: 'pending' };
  switch (details.health?.status) {
    case 'healthy':
      return { kind: 'ok' };
    case 'unhealthy':
      return {
        kind: 'failed',
        why: `its HEALTHCHECK fails: ${lastHealthcheckLine(details.health.lastOutput)}`,
      };
    case 'starting':
      return { kind: 'pending' };
    default:
      return runningFor >= SETTLE_TIME
        ? { kind: 'ok' }
        : { kind: 'pending', recheckIn: SETTLE_TIME - runningFor };
  }
}

/** Whether the container has a HEALTHCHECK that says how it is. */
export function hasHealthcheck(details: ContainerDetails): boolean {
  return details.health !== undefined && details.health.status !== 'none';
}

/** What a container is, for an error: `running, HEALTHCHECK starting`, `restarting, it exited with code 1, 4 restarts`. */
export function containerStateText(
  details: ContainerDetails,
  crashHistory: CrashHistory = NO_CRASHES,
): string {
  return [
    details.state,
    ...(hasHealthcheck(details) ? [`HEALTHCHECK ${details.health?.status}`] : []),
    ...(crashHistory.restarts > 0 ? [crashText(details, crashHistory)] : []),
  ].join(', ');
}

/** How a container ended and how often it was restarted: `it exited with code 137 (out of memory), 3 restarts`. */
export function crashText(details: ContainerDetails, { restarts, lastExit }: CrashHistory): string {
  const count = restarts === 1 ? '1 restart' : `${restarts} restarts`;
  // Of one that runs again the engine no longer knows its exit code: it says 0.
  if (details.state === 'running' && lastExit === undefined) return count;
  const oomKilled = details.oomKilled || lastExit?.oomKilled === true;
  const exitCode = details.state === 'running' ? (lastExit?.exitCode ?? 0) : details.exitCode;
  return `${exitText({ ...details, exitCode, oomKilled })}, ${count}`;
}

function exitText(details: ContainerDetails): string {
  const memory = details.oomKilled ? ' (out of memory)' : '';
  const error = details.error === '' ? '' : `: ${details.error}`;
  return `it exited with code ${details.exitCode}${memory}${error}`;
}

function lastHealthcheckLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() || 'its command prints nothing';
}
