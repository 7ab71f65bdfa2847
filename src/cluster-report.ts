import type { ActionContext } from './action-context.ts';
import type { ClusterObservation, ClusterWords } from './cluster/cluster.ts';
import type { ClusterOutcome } from './cluster/execute-release.ts';
import { type ClusterPlan, changeText } from './cluster/plan.ts';
import { acceptedRelease } from './cluster/records.ts';
import type { ClusterProgress, ClusterStep } from './cluster/step-runner.ts';
import type { ClusterRelease } from './model/cluster-release.ts';
import { formatDuration } from './model/duration.ts';
import { messageOf, SealiftError } from './model/errors.ts';
import { lastAcceptanceOf } from './model/history.ts';
import type { HostName, ReleaseId } from './model/identifiers.ts';
import { isPlaceholder, type PinnedImage, repositoryOf } from './model/image.ts';
import { oneLine } from './model/plain-text.ts';
import { formatMinute } from './model/time.ts';
import { closingLine } from './report/closing-line.ts';
import { openGroup } from './report/console.ts';
import type { DeploymentHost, KeptRelease, StatusHost } from './report/host-report.ts';
import { logEvidence } from './report/log-evidence.ts';
import type { DeploymentReport } from './report/report.ts';
import { addWarnings } from './report/report-draft.ts';
import type { StepReport } from './report/step-report.ts';
import { NOT_BUILT_TEXT, NOTHING_CHANGED_TEXT, sentence } from './report/text-format.ts';

/** What the report needs to know of a deploy to a cluster. */
interface ReportedClusterDeployment {
  readonly host: HostName;
  readonly words: ClusterWords;
  readonly release: ClusterRelease<unknown>;
  readonly previous: ReleaseId | undefined;
  /** How many releases stay, with the live one. */
  readonly keep: number;
  readonly context: Pick<ActionContext<DeploymentReport>, 'report' | 'log'>;
}

/** Images that are built, by service. The others are no part of what a delivery made. */
export const builtImages = ({
  services,
}: Pick<ClusterRelease<unknown>, 'services'>): Readonly<Record<string, PinnedImage>> =>
  Object.fromEntries(
    Object.values(services)
      .filter(({ reference }) => reference === undefined)
      .map(({ name, image }) => [name, image]),
  );

/** Logs a plan. Without changes, or in a dry run, that is also the result. */
export function reportClusterPlan(
  { host, words, release, previous, context }: ReportedClusterDeployment,
  plan: ClusterPlan,
  found: ClusterObservation<unknown>,
  dryRun: boolean,
): void {
  const { report, log } = context;
  const live = acceptedRelease(found.records);
  report.set({
    previous: live?.id === release.id ? previous : live?.id,
    previousRevision: live?.id === release.id ? undefined : live?.origin.revision,
    strategy: plan.strategy,
    images: builtImages(release),
    rollbackHint: words.rollbackHint,
  });
  {
    using _group = openGroup('Plan');
    log.info(`Release ${release.id} of ${release.app} for ${release.environment}`);
    for (const { name, image } of Object.values(release.services))
      log.info(`  ${name}: ${isPlaceholder(image) ? `${repositoryOf(image)} (${NOT_BUILT_TEXT})` : image}`);
    for (const change of plan.changes) log.info(`  ${changeText(change)}`);
  }
  if (plan.changes.length === 0) log.info(`Release ${release.id} is live and whole: nothing to do.`);
  if (dryRun) {
    const steps = plan.changes.map(
      (change): StepReport => ({
        ...{ host, stage: change.kind === 'remove' ? 'retire' : 'start', text: changeText(change) },
        ...{ startMs: undefined, durationMs: undefined, ok: undefined, undo: false, note: undefined },
      }),
    );
    const hosts = [clusterHostReport(host, found)];
    report.set({ result: 'planned', state: NOTHING_CHANGED_TEXT, steps, hosts, live: live?.id });
  } else if (plan.changes.length === 0) {
    const hosts = [{ host, was: release.id, is: release.id, why: 'already live' }];
    report.set({ result: 'unchanged', state: NOTHING_CHANGED_TEXT, hosts, live: release.id });
  }
}

/** Log lines of steps and waits. */
export function clusterProgress({ log }: ActionContext): ClusterProgress {
  return {
    onStepStart: (text) => log.info(`… ${text}`),
    onStepEnd: ({ ok, undo, text, took, note }) =>
      log.info(
        `${ok ? (undo ? '↶' : '✓') : '✗'} ${text}  ${formatDuration(took)}${note === undefined ? '' : `  ${oneLine(note)}`}`,
      ),
    onWait: (line) => log.info(`… ${oneLine(line)}`),
  };
}

/**
 * Logs and reports how a deploy ended.
 * @throws SealiftError if the release is not live
 */
export function reportClusterOutcome(
  { host, words, release, previous, keep, context }: ReportedClusterDeployment,
  outcome: ClusterOutcome,
): void {
  const { report, log } = context;
  const steps = outcome.steps.map((step) => clusterStepReport(host, step));
  report.set({ steps });
  if (outcome.kind === 'accepted') {
    const hosts = [{ host, was: previous, is: release.id, why: 'healthy' }];
    report.set({ result: 'deployed', state: `${release.id} is live.`, hosts, live: release.id });
    addWarnings(report, outcome.warnings);
    for (const warning of outcome.warnings) log.warning(warning);
    log.info(closingLine(report.current, undefined, keep));
    return;
  }
  const why = messageOf(outcome.failure);
  report.set({ evidence: outcome.evidence });
  logEvidence(outcome.evidence, log);
  if (outcome.kind === 'untouched') {
    const hosts = [{ host, was: previous, is: previous, why }];
    report.set({ result: 'failed', hosts, live: previous });
  } else if (outcome.kind === 'restored') {
    const hosts = [{ host, was: previous, is: previous, why }];
    const state =
      previous === undefined
        ? `Nothing is live, as before: what ${release.id} had started was removed. ${words.remains}`
        : `${previous} is live again, wholly.`;
    report.set({ result: 'rolled-back', state, hosts, live: previous });
  } else {
    const hosts: readonly DeploymentHost[] = [
      { host, was: previous, is: undefined, why, unknown: true, rollbackIncomplete: true },
    ];
    const undone = sentence(messageOf(outcome.undoFailure));
    const state = `ROLLBACK INCOMPLETE on ${host}. ${undone} Look at "${words.look}" there now.`;
    report.set({ result: 'rolled-back', state, hosts, live: undefined });
  }
  throw outcome.failure instanceof SealiftError
    ? outcome.failure
    : new SealiftError(why, { cause: outcome.failure });
}

/** A step as the report has it. */
export const clusterStepReport = (
  host: HostName,
  { stage, text, at, took, ok, undo, note }: ClusterStep,
): StepReport => ({
  ...{ host, stage, text, ok, undo, note },
  ...{ startMs: Math.round(at), durationMs: Math.round(took) },
});

/** What is live on a cluster, how whole it is, and which releases a rollback can go to. Pure. */
export function clusterHostReport(
  host: HostName,
  { records, workloads, missing }: ClusterObservation<unknown>,
): StatusHost {
  const live = acceptedRelease(records);
  const since = live === undefined ? undefined : lastAcceptanceOf(records.history, live.id)?.at;
  const own = workloads.filter(({ release }) => release === live?.id);
  const problems = workloads.flatMap(({ name, wanted, ready, problem, release }) =>
    problem === undefined && release === live?.id
      ? []
      : [`${name} ${ready} of ${wanted}: ${problem ?? `it belongs to ${release ?? 'no release'}`}`],
  );
  const all = [...problems, ...missing.map((name) => `${name} is gone`)];
  const condition =
    all.length === 0 ? `${own.length} of ${own.length} services whole` : `NOT whole: ${all.join('; ')}`;
  const kept = records.releases
    .filter(({ id }) => lastAcceptanceOf(records.history, id) !== undefined)
    .map((release): KeptRelease => {
      const accepted = lastAcceptanceOf(records.history, release.id);
      const isLive = release.id === live?.id;
      return {
        ...{ release: release.id, revision: release.origin.revision, acceptedAt: accepted?.at },
        ...{ actor: accepted?.actor, runUrl: accepted?.runUrl, approval: accepted?.approval },
        ...{ live: isLive, up: isLive && all.length === 0, condition: isLive ? condition : 'recorded' },
      };
    })
    .sort((one, other) => (other.acceptedAt ?? '').localeCompare(one.acceptedAt ?? ''));
  const why =
    live === undefined
      ? `nothing is deployed here${workloads.length === 0 ? '' : `, but there are services: ${all.join('; ')}`}`
      : `${live.id} is live${since === undefined ? '' : ` since ${formatMinute(since)} UTC`}, ${condition}`;
  return { host, was: live?.id, is: live?.id, why, healthy: live !== undefined && all.length === 0, kept };
}
