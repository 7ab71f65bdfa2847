import type { ActionContext } from '../action-context.ts';
import { lockClaim } from '../lock.ts';
import { baseProject } from '../model/app-environment.ts';
import type { HostName } from '../model/identifiers.ts';
import type { UnlockRequest } from '../model/request.ts';
import { joinWithAnd } from '../model/text.ts';
import { group } from '../report/console.ts';
import { combineFailures } from '../report/failures.ts';
import type { UnlockReport } from '../report/report.ts';
import { lockLine } from '../report/unlock-summary.ts';
import { breakHostLock } from '../rollout/break-lock.ts';
import { onReachableHosts } from '../rollout/fleet.ts';
import { readLock } from '../rollout/lock-container.ts';
import type { FoundLocks } from './target.ts';

/** Breaks the locks of an app's environment on its hosts, each on its own. */
export const unlockHosts = (
  { destination, dryRun }: UnlockRequest<'docker'>,
  context: ActionContext<UnlockReport>,
): Promise<FoundLocks> => {
  const project = baseProject(destination);
  return group(dryRun ? `Locks of ${project}` : `Unlock ${project}`, () =>
    onReachableHosts(destination, context, async (engine) => {
      const held = dryRun
        ? await readLock(engine, destination)
        : await breakHostLock(engine, destination, lockClaim(context), context.signal);
      return { host: engine.host, held };
    }),
  );
};

/** What is known of the locks. A host that could not be asked may be locked. */
function stateOfLocks(
  project: string,
  locked: readonly HostName[],
  unasked: readonly HostName[],
  dryRun: boolean,
): string {
  if (unasked.length > 0) {
    const known = `${project} ${dryRun ? 'stays locked' : 'is unlocked'} on ${joinWithAnd(locked)}. `;
    return `${locked.length === 0 ? '' : known}Whether ${project} is locked on ${joinWithAnd(unasked)} is not known.`;
  }
  if (locked.length === 0) return `${project} is not locked.`;
  return dryRun
    ? `${project} stays locked.`
    : `${project} is unlocked. The next deploy or rollback repairs what the other run has left.`;
}

/**
 * Logs and reports whose locks there were.
 * @throws SealiftError if a host could not be asked
 */
export function reportLocks(
  project: string,
  { results, failures }: FoundLocks,
  dryRun: boolean,
  { report, log }: Pick<ActionContext<UnlockReport>, 'report' | 'log'>,
): void {
  const locks = results.flatMap(({ host, held }) => {
    if (held === undefined) return [];
    const { owner, since, isExpired } = held;
    return [{ host, ...owner, since, expired: isExpired }];
  });
  for (const each of locks) log.info(lockLine(each));
  const locked = locks.map(({ host }) => host);
  const state = stateOfLocks(
    project,
    locked,
    failures.flatMap(({ host }) => host ?? []),
    dryRun,
  );
  const result =
    failures.length > 0 ? 'failed' : locks.length === 0 ? 'unchanged' : dryRun ? 'planned' : 'unlocked';
  report.set({ locks, state, result });
  if (failures.length > 0) throw combineFailures(failures);
  log.info(state);
}
