import type { ContainerDetails } from '../engine/engine.ts';

/** How long a container without any check of its own must run without a restart. Milliseconds. */
export const SETTLE_TIME = 2_000;

export type Verdict =
  | { readonly kind: 'good' }
  | { readonly kind: 'bad'; readonly why: string }
  /** `recheckIn` milliseconds time alone may have changed the verdict. */
  | { readonly kind: 'wait'; readonly recheckIn?: number };

/** Judges a container by what it is now, having run for `runningFor` milliseconds since its last start. Pure. */
export function judge(details: ContainerDetails, oneShot: boolean, runningFor: number): Verdict {
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

/** What a container is, for an error: `running, HEALTHCHECK starting`, `restarting, 4 restarts, last exit code 1`. */
export function stateOf(details: ContainerDetails): string {
  return [
    details.state,
    ...(checksItself(details) ? [`HEALTHCHECK ${details.health?.status}`] : []),
    ...(details.restartCount > 0
      ? [`${times(details.restartCount)}, last exit code ${details.exitCode}`]
      : []),
    ...(details.oomKilled ? ['out of memory'] : []),
  ].join(', ');
}

const times = (count: number): string => (count === 1 ? '1 restart' : `${count} restarts`);

function ending(details: ContainerDetails): string {
  const memory = details.oomKilled ? ' (out of memory)' : '';
  const error = details.error === '' ? '' : `: ${details.error}`;
  return `it exited with code ${details.exitCode}${memory}${error}`;
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() || 'it says nothing';
}
