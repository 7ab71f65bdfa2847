import type { ContainerDetails } from '../engine/engine.ts';

/** How long a container without any check of its own must run without a restart. Milliseconds. */
export const SETTLE_TIME = 2_000;

export type Verdict =
  | { readonly kind: 'good' }
  | { readonly kind: 'bad'; readonly why: string }
  /** `recheckIn` milliseconds time alone may have changed the verdict. */
  | { readonly kind: 'wait'; readonly recheckIn?: number };

/** A container that was restarted as often as this and ends again crashes for good. */
export const CRASHES = 3;

/** What befell a container while it was waited for. */
export interface Fate {
  readonly restarts: number;
  /** How it ended last; a container that was restarted no longer says it itself. */
  readonly end: { readonly exitCode: number; readonly oomKilled: boolean } | undefined;
  /**
   * Milliseconds in which it may crash: many apps do until their database answers, and rely on being restarted.
   */
  readonly mayCrashFor: number;
}

export const UNHARMED: Fate = { restarts: 0, end: undefined, mayCrashFor: 0 };

/**
 * Judges a container by what it is now, having run for `runningFor` milliseconds since its last start, and by what befell it.
 * Pure.
 */
export function judge(
  details: ContainerDetails,
  oneShot: boolean,
  runningFor: number,
  fate: Fate = UNHARMED,
): Verdict {
  if (details.state === 'restarting' && fate.restarts >= CRASHES) {
    return fate.mayCrashFor > 0
      ? { kind: 'wait', recheckIn: fate.mayCrashFor }
      : { kind: 'bad', why: `it crashes again and again: ${course(details, fate)}` };
  }
  if (details.state === 'exited' || details.state === 'dead') {
    return oneShot && details.exitCode === 0 ? { kind: 'good' } : { kind: 'bad', why: ending(details) };
  }
  if (oneShot || details.state !== 'running') return { kind: 'wait' };
  switch (details.health?.status) {
    case 'healthy':
      return { kind: 'good' };
    case 'unhealthy':
      return { kind: 'bad', why: `its HEALTHCHECK fails: ${lastLine(details.health.lastOutput)}` };
    case 'starting':
      return { kind: 'wait' };
    default:
      return runningFor >= SETTLE_TIME
        ? { kind: 'good' }
        : { kind: 'wait', recheckIn: SETTLE_TIME - runningFor };
  }
}

/** Whether the container has a HEALTHCHECK that says how it is. */
export function checksItself(details: ContainerDetails): boolean {
  return details.health !== undefined && details.health.status !== 'none';
}

/** What a container is, for an error: `running, HEALTHCHECK starting`, `restarting, it exited with code 1, 4 restarts`. */
export function stateOf(details: ContainerDetails, fate: Fate = UNHARMED): string {
  return [
    details.state,
    ...(checksItself(details) ? [`HEALTHCHECK ${details.health?.status}`] : []),
    ...(fate.restarts > 0 ? [course(details, fate)] : []),
  ].join(', ');
}

/** How a container ended and how often it was restarted: `it exited with code 137 (out of memory), 3 restarts`. */
export function course(details: ContainerDetails, { restarts, end }: Fate): string {
  const count = restarts === 1 ? '1 restart' : `${restarts} restarts`;
  // Of one that runs again the engine no longer knows its exit code: it says 0.
  if (details.state === 'running' && end === undefined) return count;
  const oomKilled = details.oomKilled || end?.oomKilled === true;
  const exitCode = details.state === 'running' ? (end?.exitCode ?? 0) : details.exitCode;
  return `${ending({ ...details, exitCode, oomKilled })}, ${count}`;
}

function ending(details: ContainerDetails): string {
  const memory = details.oomKilled ? ' (out of memory)' : '';
  const error = details.error === '' ? '' : `: ${details.error}`;
  return `it exited with code ${details.exitCode}${memory}${error}`;
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() || 'its command prints nothing';
}
