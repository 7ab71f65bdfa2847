import type { ActionContext } from './action-context.ts';
import type { Engine } from './engine/engine.ts';
import type { AppEnvironment } from './model/app-environment.ts';
import { currentReporter } from './report/console.ts';
import { waitLine } from './report/log-lines.ts';
import { FleetLock, lockFleet } from './rollout/fleet-lock.ts';
import { lockStateName } from './run/lock-state.ts';

/**
 * Locks an app and environment on its hosts, until the end of the scope: no other run of Sealift changes it there meanwhile.
 * @param timeout milliseconds to wait for other runs; `undefined` in a dry run, which changes nothing and locks nothing
 * @throws HostError that names the run that still holds a lock when the time is over
 */
export async function lockHosts(
  engines: readonly Engine[],
  appEnvironment: AppEnvironment,
  timeout: number | undefined,
  { triggeredBy, log, signal, report }: ActionContext,
): Promise<FleetLock> {
  if (timeout === undefined) return new FleetLock(new Map());
  return lockFleet(engines, appEnvironment, {
    owner: triggeredBy,
    timeout,
    log,
    signal,
    remember: (host, containerId) =>
      currentReporter().saveState(
        lockStateName(host),
        containerId === undefined ? '' : { command: report.current.command, host, containerId },
      ),
    onWait: (host, note) => log.info(waitLine(`${host}: lock`, note)),
  });
}
