import type { ActionContext } from './action-context.ts';
import type { Engine } from './engine/engine.ts';
import { OwnerRuns } from './gate/owner-runs.ts';
import type { AppEnvironment } from './model/app-environment.ts';
import type { GateOptions, RolloutOptions } from './model/deploy-options.ts';
import { currentReporter } from './report/console.ts';
import { waitLine } from './report/log-lines.ts';
import { FleetLock, lockFleet, lockFleetAtOnce, resumeFleetLock } from './rollout/fleet-lock.ts';
import { HostLock, type LockClaim } from './rollout/host-lock.ts';
import { lockStateName, type SavedLock } from './run/lock-state.ts';
import { type Opening, openInBackground } from './run/promises.ts';

/** How a command waits for other runs that change the same environment. */
export interface LockWait {
  /** Milliseconds. */
  readonly timeout: number;
  /** For GitHub's API, to ask whether a run is over; `undefined`: nobody is asked. */
  readonly token: string | undefined;
}

/** @returns `undefined` in a dry run */
export const lockWait = (
  { dryRun, lockTimeout }: Pick<RolloutOptions, 'dryRun' | 'lockTimeout'>,
  { token }: Pick<GateOptions, 'token'>,
): LockWait | undefined => (dryRun ? undefined : { timeout: lockTimeout, token });

/** For the time of a wait. */
export const ownerRuns = ({ token }: LockWait, context: ActionContext): OwnerRuns =>
  new OwnerRuns(token, context);

/**
 * Locks an app and environment on its hosts, until the end of the scope: no other run of Sealift changes it there meanwhile.
 * @param wait how to wait for other runs; `undefined` in a dry run, which changes nothing and locks nothing
 * @throws HostError that names the run that still holds a lock when the time is over
 */
export async function lockHosts(
  engines: readonly Engine[],
  appEnvironment: AppEnvironment,
  wait: LockWait | undefined,
  context: ActionContext,
): Promise<FleetLock> {
  const { log, signal } = context;
  if (wait === undefined) return new FleetLock(new Map());
  using runs = ownerRuns(wait, context);
  return await lockFleet(engines, appEnvironment, {
    ...lockClaim(context),
    timeout: wait.timeout,
    log,
    signal,
    hasEnded: (owner) => runs.hasEnded(owner),
    onWait: (host, note) => log.info(waitLine(`${host}: lock`, note)),
  });
}

/**
 * Tries to lock the hosts while they are looked at, so that one look is enough, until the end of the scope. It waits for no other
 * run: `lockHosts` does that later, when whatever would prevent the deploy is known.
 * @param engines `undefined`: nothing is locked
 * @returns opens `undefined` if the hosts could not all be locked; then none is
 */
export const lockInBackground = (
  engines: Promise<readonly Engine[]> | undefined,
  appEnvironment: AppEnvironment,
  context: ActionContext,
): Opening<FleetLock | undefined> =>
  openInBackground(
    engines?.then((connected) => lockFleetAtOnce(connected, appEnvironment, lockClaim(context))) ??
      Promise.resolve(undefined),
  );

/**
 * Holds the locks of a step that was killed, until the end of the scope; then they are gone.
 * @returns `undefined` if another run has locked one of the hosts since; then those of the step are removed
 */
export const resumeLocks = (
  engines: readonly Engine[],
  appEnvironment: AppEnvironment,
  saved: readonly SavedLock[],
  context: ActionContext,
): Promise<FleetLock | undefined> =>
  resumeFleetLock(
    engines,
    appEnvironment,
    lockClaim(context),
    (host) => saved.find((lock) => lock.host === host)?.containerId,
  );

/**
 * Holds the lock of a step that was killed, until the end of the scope; then it is gone.
 * @returns `undefined` if it is gone already: another run may have changed the host since
 */
export async function takeUpLock(
  engine: Engine,
  appEnvironment: AppEnvironment,
  { containerId }: SavedLock,
  context: ActionContext,
): Promise<FleetLock | undefined> {
  const lock = await HostLock.takeUp(engine, appEnvironment, lockClaim(context), containerId);
  return lock && new FleetLock(new Map([[engine.host, lock]]));
}

/** How a command takes locks: in its own name; the runner keeps them for its post step. */
export const lockClaim = ({ triggeredBy, report }: ActionContext): LockClaim => ({
  owner: triggeredBy,
  remember: (host, containerId) =>
    currentReporter().saveState(
      lockStateName(host),
      containerId === undefined ? '' : { command: report.current.command, host, containerId },
    ),
});
