import type { ActionContext } from './action-context.ts';
import type { Cluster, ClusterObservation } from './cluster/cluster.ts';
import type { ClusterLock } from './cluster/cluster-lock.ts';
import { executeRelease } from './cluster/execute-release.ts';
import { acceptedRelease } from './cluster/records.ts';
import { clusterProgress, reportClusterOutcome, reportClusterPlan } from './cluster-report.ts';
import type { Approval } from './model/approval.ts';
import type { ClusterRelease, ContentObject } from './model/cluster-release.ts';
import type { ClusterOptions } from './model/deploy-options.ts';
import { type HistoryEntry, releaseBefore } from './model/history.ts';
import type { Hook } from './model/strategy.ts';
import { joinWithAnd } from './model/text.ts';
import { group } from './report/console.ts';
import type { DeploymentReport } from './report/report.ts';
import { addWarnings } from './report/report-draft.ts';
import { UNEXPECTED_ANSWER_TEXT } from './report/text-format.ts';
import { checkUrl } from './rollout/url-check.ts';

/** A release that is to be live on a cluster, and everything that a deploy or a rollback knows of it. */
export interface ClusterDeploymentRequest<Definition> {
  readonly cluster: Cluster<Definition>;
  /** `undefined` in a dry run, which changes nothing. */
  readonly lock: ClusterLock | undefined;
  readonly found: ClusterObservation<Definition>;
  readonly release: ClusterRelease<Definition>;
  readonly contents: readonly ContentObject[];
  readonly command: 'deploy' | 'rollback';
  readonly hooks: { readonly before: readonly Hook[]; readonly after: readonly Hook[] };
  readonly keep: number;
  readonly options: ClusterOptions;
  /** Who approved it; `undefined` in a dry run, which asks nobody. */
  readonly approval: Approval | undefined;
  readonly context: ActionContext<DeploymentReport>;
}

/**
 * Makes a release live on a cluster: plan → execute → report. Deploys and rollbacks share it.
 * @throws ConfigurationError before anything is changed
 * @throws SealiftError if the release is not live, after the report says what is
 */
export async function deployToCluster<Definition>(
  request: ClusterDeploymentRequest<Definition>,
): Promise<void> {
  const { cluster, lock, found, release, contents, hooks, keep, options, context } = request;
  const { records } = found;
  const live = acceptedRelease(records);
  warnOfUnreadableDocuments(request);
  const reported = {
    ...{ host: cluster.host, words: cluster.words, release, context },
    previous: live?.id,
    // Of what was made by hand there are no records to go back by.
    keep: cluster.keepsReleases ? keep : 1,
  };
  const plan = await cluster.plan(release, found);
  reportClusterPlan(
    { ...reported, previous: releaseBefore(records.history, release.id) },
    plan,
    found,
    options.dryRun,
  );
  if (lock === undefined || plan.changes.length === 0) return;
  const verb = request.command === 'rollback' ? 'Roll back to' : 'Deploy';
  const outcome = await group(`${verb} ${release.id}`, () =>
    executeRelease(
      cluster,
      lock,
      {
        ...{ release, previous: live, contents, records, hooks, keep },
        verify: clusterUrlCheck(request),
        entryFor: (event) => historyEntry(request, event, live?.id),
      },
      clusterProgress(context),
      context.signal,
    ),
  );
  reportClusterOutcome(reported, outcome);
}

function warnOfUnreadableDocuments({
  cluster: { host },
  found: { records },
  context: { log, report },
}: ClusterDeploymentRequest<unknown>): void {
  const { unreadable = [] } = records;
  if (unreadable.length === 0) return;
  const warning = `${host}: records can't be read: ${joinWithAnd(unreadable)}. Nothing old is removed while they are there, and a rollback can't go to their releases.`;
  log.warning(warning);
  addWarnings(report, [warning]);
}

/** Asks `url` from the runner, if it is given, and reports the answer. */
function clusterUrlCheck({
  options: { url },
  context,
}: Pick<ClusterDeploymentRequest<unknown>, 'options' | 'context'>):
  | ((signal: AbortSignal) => Promise<string>)
  | undefined {
  if (url === undefined) return undefined;
  context.report.set({ environmentUrl: url.url });
  return async (signal) => {
    const answer = await checkUrl(url, signal).catch((error: unknown) => {
      context.report.set({ answer: UNEXPECTED_ANSWER_TEXT });
      throw error;
    });
    context.report.set({ answer });
    return `${url.url} answered ${answer}`;
  };
}

function historyEntry(
  { release, command, approval, context }: ClusterDeploymentRequest<unknown>,
  event: HistoryEntry['event'],
  previous: HistoryEntry['previous'],
): HistoryEntry {
  const { report, triggeredBy } = context;
  const at = new Date();
  return {
    ...{ at: at.toISOString(), event, command, release: release.id, previous, ...triggeredBy },
    revision: release.origin.revision,
    durationMs: at.getTime() - Date.parse(report.current.startedAt),
    approval,
  };
}
