import type { ContainerDetails } from '../engine/engine.ts';
import type { Ending } from '../model/release.ts';

/** Milliseconds that a container without any check of its own must run without a restart. */
export const SETTLE_TIME = 2_000;

/** What is known of a container's health at one moment. */
export type HealthAssessment =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly why: string }
  /** After `recheckIn` milliseconds the assessment can change without any event. */
  | { readonly kind: 'pending'; readonly recheckIn?: number };

/** A container that was restarted this often and ends again is in a crash loop. */
const CRASH_LOOP_RESTARTS = 3;

/** How a container crashed while it was watched. */
export interface CrashHistory {
  readonly restarts: number;
  /** How it ended last. A container that was restarted no longer reports it. */
  readonly lastExit: { readonly exitCode: number; readonly oomKilled: boolean } | undefined;
  /** Milliseconds in which it may still crash: many apps do until their database answers, and rely on restarts. */
  readonly toleranceLeft: number;
}

const NO_CRASHES: CrashHistory = { restarts: 0, lastExit: undefined, toleranceLeft: 0 };

/** Assesses a container by its state, by the milliseconds since its last start, and by how it crashed. Pure. */
export function assessContainer(
  details: ContainerDetails,
  ending: Ending,
  runningFor: number,
  history: CrashHistory = NO_CRASHES,
): HealthAssessment {
  const { state, health } = details;
  if (state === 'restarting' && history.restarts >= CRASH_LOOP_RESTARTS) {
    return history.toleranceLeft > 0
      ? { kind: 'pending', recheckIn: history.toleranceLeft }
      : { kind: 'failed', why: `it crashes again and again: ${crashText(details, history)}` };
  }
  if (state === 'exited' || state === 'dead') {
    const isDone = ending !== 'never' && details.exitCode === 0;
    return isDone ? { kind: 'ok' } : { kind: 'failed', why: exitText(details) };
  }
  if (ending === 'always' || state !== 'running') return { kind: 'pending' };
  if (health !== undefined && hasHealthcheck(details)) {
    if (health.status === 'unhealthy')
      return { kind: 'failed', why: `its HEALTHCHECK fails: ${lastHealthcheckLine(health.lastOutput)}` };
    return { kind: health.status === 'healthy' ? 'ok' : 'pending' };
  }
  return runningFor >= SETTLE_TIME
    ? { kind: 'ok' }
    : { kind: 'pending', recheckIn: SETTLE_TIME - runningFor };
}

/** How many of `count` containers are healthy, and how many of them have done their work: `2 healthy, 1 done`. */
export function healthyText(count: number, containers: readonly Pick<ContainerDetails, 'state'>[]): string {
  const done = containers.filter(({ state }) => state === 'exited').length;
  const healthy = count - done;
  return [
    ...(healthy > 0 || done === 0 ? [`${healthy} healthy`] : []),
    ...(done > 0 ? [`${done} done`] : []),
  ].join(', ');
}

/** What went wrong with a container since it was healthy; `undefined`: nothing. Pure. */
export function failureSince(
  before: ContainerDetails,
  now: ContainerDetails,
  ending: Ending,
  history: CrashHistory,
): string | undefined {
  const crashed = history.restarts > 0 ? crashText(now, history) : undefined;
  const assessment = assessContainer(now, ending, SETTLE_TIME);
  if (assessment.kind === 'failed') return crashed ?? assessment.why;
  const isDone = ending === 'maybe' && now.state === 'exited';
  if (ending === 'always' || isDone) return undefined;
  if (crashed !== undefined) return `it ended and was started again: ${crashed}`;
  if (now.startedAt !== before.startedAt || now.state === 'restarting')
    return 'it ended and was started again';
  return now.state === 'running' ? undefined : `it is ${now.state}`;
}

/** Whether the container has a HEALTHCHECK. */
export const hasHealthcheck = ({ health }: ContainerDetails): boolean =>
  health !== undefined && health.status !== 'none';

/** A container's state in an error: `running, HEALTHCHECK starting`, `restarting, it exited with code 1, 4 restarts`. */
export function containerStateText(details: ContainerDetails, history: CrashHistory = NO_CRASHES): string {
  return [
    details.state,
    ...(hasHealthcheck(details) ? [`HEALTHCHECK ${details.health?.status}`] : []),
    ...(history.restarts > 0 ? [crashText(details, history)] : []),
  ].join(', ');
}

/** How a container ended and how often it was restarted: `it exited with code 137 (out of memory), 3 restarts`. */
export function crashText(details: ContainerDetails, { restarts, lastExit }: CrashHistory): string {
  const count = restarts === 1 ? '1 restart' : `${restarts} restarts`;
  const running = details.state === 'running';
  // The engine reports exit code 0 for a container that runs again.
  if (running && lastExit === undefined) return count;
  const oomKilled = details.oomKilled || lastExit?.oomKilled === true;
  const exitCode = running ? (lastExit?.exitCode ?? 0) : details.exitCode;
  return `${exitText({ ...details, exitCode, oomKilled })}, ${count}`;
}

/** What keeps a container from serving: how it ended, or that its HEALTHCHECK fails. */
export const endText = (details: ContainerDetails): string =>
  details.state === 'running' ? `HEALTHCHECK ${details.health?.status ?? 'none'}` : exitText(details);

function exitText({ exitCode, oomKilled, error }: ContainerDetails): string {
  return `it exited with code ${exitCode}${oomKilled ? ' (out of memory)' : ''}${error === '' ? '' : `: ${error}`}`;
}

function lastHealthcheckLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() || 'its command prints nothing';
}
