import type { ActionContext } from '../action-context.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { ClusterLock } from '../cluster/cluster-lock.ts';
import { goBackTo } from '../cluster/go-back.ts';
import { pruneOld } from '../cluster/prune-old.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { StepRunner } from '../cluster/step-runner.ts';
import { clusterProgress, clusterStepReport } from '../cluster-report.ts';
import { lockClaim } from '../lock.ts';
import type { ClusterRelease } from '../model/cluster-release.ts';
import { HostError, messageOf } from '../model/errors.ts';
import type { ClusterKind, RemoveRequest, UnlockRequest } from '../model/request.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport, RemovalReport } from '../report/report.ts';
import { addWarnings, emptyReport, ReportDraft } from '../report/report-draft.ts';
import type { SavedLock } from '../run/lock-state.ts';
import type { ClusterEntry, RestoringRequest } from './cluster-entry.ts';
import { removeWith } from './remove-from-cluster.ts';
import { reportedPost } from './report-post.ts';
import type { LockingRequest } from './target.ts';

/**
 * Finishes what a step left in a cluster that was killed: the release that was accepted last is live again as a whole, or, without one, what
 * was started is removed; a removal goes on. The lock of the step is held meanwhile, and given back.
 */
export async function finishOnCluster<Kind extends ClusterKind>(
  entry: ClusterEntry<Kind>,
  request: LockingRequest<Kind>,
  [saved]: readonly SavedLock[],
  step: Omit<ActionContext, 'report'>,
): Promise<void> {
  if (saved === undefined) return;
  if (request.command === 'remove') {
    const report = new ReportDraft(emptyReport('remove', step.commit));
    await reportedPost({ ...step, report }, (context) => finishRemovalOn(entry, request, saved, context));
  } else if (request.command === 'unlock') await giveBack(entry, request, saved, step);
  else {
    const report = new ReportDraft(emptyReport('rollback', step.commit));
    await reportedPost({ ...step, report }, (context) => restoreOn(entry, request, saved, context));
  }
}

/** A command that breaks a lock has one itself for a while. */
async function giveBack<Kind extends ClusterKind>(
  { open }: ClusterEntry<Kind>,
  { destination }: UnlockRequest<Kind>,
  { containerId: id }: SavedLock,
  step: Omit<ActionContext, 'report'>,
): Promise<void> {
  const report = new ReportDraft(emptyReport('unlock', step.commit));
  try {
    await using cluster = await open(destination, { ...step, report });
    await cluster.lockPlace.remove(id);
    step.log.info(`${cluster.host}: this step was cut short. Its lock is removed.`);
  } catch (error) {
    step.log.info(`This step was cut short. Its lock expires by itself. (${messageOf(error)})`);
  }
}

async function finishRemovalOn<Kind extends ClusterKind>(
  { open }: ClusterEntry<Kind>,
  request: RemoveRequest<Kind>,
  saved: SavedLock,
  context: ActionContext<RemovalReport>,
): Promise<void> {
  const { orchestrator, destination } = request;
  const { app, environment } = destination;
  context.report.set({ app, environment, orchestrator });
  await using cluster = await group('Connect', () => open(destination, context));
  await using lock = await takeUpClusterLock(cluster, saved, context);
  if (lock === undefined) {
    throw new HostError(
      cluster.host,
      'another run has locked it since the removal was cut short, so what is left there stays. Run the removal again if the environment should go.',
    );
  }
  await removeWith(cluster, lock, request, context);
}

async function restoreOn<Kind extends ClusterKind>(
  { openForRelease, whyNotRestored }: ClusterEntry<Kind>,
  request: RestoringRequest<Kind>,
  saved: SavedLock,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { app, environment } = request.destination;
  context.report.set({ app, environment, orchestrator: request.orchestrator });
  const whyNot = whyNotRestored(request);
  await openForRelease(request, context, async (cluster, choose) => {
    await using lock = await takeUpClusterLock(cluster, saved, context);
    if (lock === undefined)
      note(
        'This step was cut short. Another run has locked the environment since: it repairs what this step left.',
        context,
      );
    else if (whyNot !== undefined) note(`This step was cut short. ${whyNot}`, context);
    else await restoreAccepted(cluster, lock, choose, context);
  });
}

async function restoreAccepted<Definition>(
  cluster: Cluster<Definition>,
  lock: ClusterLock,
  choose: (release: ClusterRelease<Definition>) => void,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { report, signal } = context;
  const { host } = cluster;
  const { records } = await cluster.observe();
  const accepted = acceptedRelease(records);
  note(
    accepted === undefined
      ? 'This step was cut short. No release was accepted before it: its post step removes what it has started.'
      : `This step was cut short. Its post step brings ${accepted.id} back, which was accepted last, as a whole.`,
    context,
  );
  if (accepted !== undefined) {
    choose(accepted);
    const { revision, tags } = accepted.origin;
    report.set({ release: accepted.id, revision, tags });
  }
  report.set({
    state: 'What this step has left may be half and half. The next deploy or rollback repairs it.',
    hosts: [{ host, was: undefined, is: undefined, why: 'the step was cut short', unknown: true }],
  });
  const progress = clusterProgress(context);
  const run = new StepRunner(progress, lock);
  const until = AbortSignal.any([signal, lock.lost]);
  try {
    await group(accepted === undefined ? 'Take back' : `Bring ${accepted.id} back`, () =>
      goBackTo(cluster, accepted, 'other releases', run, progress, until),
    );
  } finally {
    report.set({ steps: run.steps.map((each) => clusterStepReport(host, each)) });
  }
  await lock.assertHeld();
  await pruneOld(cluster, records, Number.MAX_SAFE_INTEGER, records).catch(() => undefined);
  if (accepted === undefined) {
    const hosts = [{ host, was: undefined, is: undefined, why: 'the first deploy was cut short' }];
    report.set({ result: 'rolled-back', state: 'Nothing is live.', hosts });
  } else {
    const hosts = [{ host, was: accepted.id, is: accepted.id, why: 'healthy' }];
    report.set({ result: 'deployed', state: `${accepted.id} is live.`, hosts, live: accepted.id });
  }
}

const takeUpClusterLock = (
  { lockPlace }: Cluster<unknown>,
  { containerId: id }: SavedLock,
  context: ActionContext,
): Promise<ClusterLock | undefined> => ClusterLock.takeUp(lockPlace, lockClaim(context), id);

function note(text: string, { log, report }: ActionContext<DeploymentReport>): void {
  log.notice(text);
  addWarnings(report, [text]);
}
