import type { ActionContext } from '../action-context.ts';
import { requireApproval } from '../approval.ts';
import { lockClaim } from '../lock.ts';
import { baseProject } from '../model/app-environment.ts';
import type { HostName } from '../model/identifiers.ts';
import type { UnlockRequest } from '../model/request.ts';
import { joinWithAnd } from '../model/text.ts';
import { group } from '../report/console.ts';
import { combineFailures, type ReportedFailure } from '../report/failures.ts';
import type { UnlockReport } from '../report/report.ts';
import { lockLine } from '../report/unlock-summary.ts';
import { breakHostLock } from '../rollout/break-lock.ts';
import { onReachableHosts } from '../rollout/fleet.ts';
import { type HeldLock, readLock } from '../rollout/lock-container.ts';

/**
 * Breaks the locks of an app's environment on its hosts, and says whose they were. Nothing is touched before the run is approved.
 * @throws SealiftError if a host can't be asked, after all others are done
 */
export async function unlock(request: UnlockRequest, context: ActionContext<UnlockReport>): Promise<void> {
  const { destination, dryRun } = request;
  const { report, signal } = context;
  report.set({ app: destination.app, environment: destination.environment });
  await requireApproval(request, dryRun, context);
  const project = baseProject(destination);
  const { results, failures } = await group(dryRun ? `Locks of ${project}` : `Unlock ${project}`, () =>
    onReachableHosts(destination, context, async (engine) => {
      const held = dryRun
        ? await readLock(engine, destination)
        : await breakHostLock(engine, destination, lockClaim(context), signal);
      return { host: engine.host, held };
    }),
  );
  reportLocks(project, results, failures, dryRun, context);
}

/** A lock that was found, and where. */
interface FoundLock {
  readonly host: HostName;
  readonly held: Pick<HeldLock, 'owner' | 'since' | 'isExpired'> | undefined;
}

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
  results: readonly FoundLock[],
  failures: readonly ReportedFailure[],
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
