import type { ActionContext } from './action-context.ts';
import type { RolloutOptions } from './model/deploy-options.ts';
import { removedHosts } from './model/history.ts';
import type { ObservedHost } from './model/host.ts';
import { inputSetting } from './model/input-ref.ts';
import type { Log } from './model/log.ts';
import type { Destination } from './model/request.ts';
import { hostInputs } from './model/rollback-hint.ts';
import { changedAccessories } from './plan/accessories.ts';
import type { DesiredState } from './plan/desired-state.ts';
import { isEmptyPlan } from './plan/fleet.ts';
import { liveRelease } from './plan/host-queries.ts';
import type { Outcome } from './plan/outcome.ts';
import type { Plan } from './plan/plan.ts';
import { proxiesOf, proxiesToConnect } from './plan/proxies.ts';
import { closingLine } from './report/closing-line.ts';
import { currentReporter, openGroup } from './report/console.ts';
import { deployResultOf, unchangedResult } from './report/deploy-result.ts';
import { releaseUrl } from './report/environment-url.ts';
import { combineFailures } from './report/failures.ts';
import { commonRelease, statusReport } from './report/host-status.ts';
import { logEvidence } from './report/log-evidence.ts';
import {
  downtimeLines,
  hostLines,
  planLines,
  stageLine,
  stepLine,
  stepStartLine,
  stepText,
  waitLine,
} from './report/log-lines.ts';
import type { DeploymentReport } from './report/report.ts';
import { addWarnings } from './report/report-draft.ts';
import { plannedSteps, stepReports } from './report/step-reports.ts';
import { NOTHING_CHANGED_TEXT, removedHostsText, UNEXPECTED_ANSWER_TEXT } from './report/text-format.ts';
import type { ExecutionProgress } from './rollout/execution-options.ts';

/** What the report needs to know of a deployment. */
interface ReportedDeployment
  extends Pick<DesiredState, 'release' | 'strategy' | 'command' | 'keep' | 'updateAccessories'> {
  readonly destination: Pick<Destination, 'hosts'>;
  readonly options: Pick<RolloutOptions, 'url' | 'dryRun'>;
  readonly context: Pick<ActionContext<DeploymentReport>, 'report' | 'log'>;
}

/** Logs and reports a plan, and how the hosts are before it. If there is nothing to execute, that is the result. */
export function reportPlan(deployment: ReportedDeployment, plan: Plan, hosts: readonly ObservedHost[]): void {
  const { release, strategy, destination, options, context } = deployment;
  const { report, log } = context;
  const removed = removedHosts(
    hosts.map(({ history }) => history),
    hosts.map(({ host }) => host),
  );
  if (removed.length > 0) log.notice(removedHostsText(removed));
  const previous = hosts.map(liveRelease).find((live) => live !== undefined && live.id !== release.id);
  report.set({
    removed,
    previous: previous?.id,
    previousRevision: previous?.observed?.record?.origin.revision,
    strategy: strategy.name,
    images: Object.fromEntries(Object.values(release.services).map(({ name, image }) => [name, image])),
    environmentUrl: options.url?.url ?? releaseUrl(release, destination.hosts),
    rollbackHint: { keeps: 'containers', inputs: hostInputs(hosts.map(({ host }) => host)) },
  });
  {
    using _group = openGroup('Plan');
    const withSteps = options.dryRun || currentReporter().closesGroups;
    for (const line of planLines(plan, release, withSteps)) log.info(line);
    for (const line of outdatedAccessoryNotices(deployment, hosts)) log.notice(line);
  }
  if (isEmptyPlan(plan)) log.info(`Release ${release.id} is live on every host already: nothing to do.`);
  if (options.dryRun) {
    const before = hosts.map(statusReport);
    const live = commonRelease(before);
    report.set({
      result: 'planned',
      state: NOTHING_CHANGED_TEXT,
      steps: plannedSteps(plan),
      hosts: before,
      live,
    });
  } else if (isEmptyPlan(plan)) report.set(unchangedResult(hosts, release));
}

/** Accessories that keep their old definition, although the Compose file has another one by now. */
function outdatedAccessoryNotices(
  { release, updateAccessories, command }: ReportedDeployment,
  hosts: readonly ObservedHost[],
): readonly string[] {
  if (updateAccessories || command === 'rollback') return [];
  const changed = new Set(
    hosts.flatMap((host) => {
      const recreated = proxiesToConnect(host, release);
      return changedAccessories(host, release).filter((name) => !recreated.includes(name));
    }),
  );
  const proxies = proxiesOf(release);
  return [...changed].map((name) => {
    const gap = proxies.includes(name) ? ' Visitors are refused meanwhile, for about a second.' : '';
    return `${name}: its definition has changed. Accessories are left as they are; "${inputSetting('accessories', 'update')}" recreates it and keeps its volumes.${gap}`;
  });
}

/** A log line for each stage, each step that ends, each long step that starts, and from time to time for one that waits. */
export function reportProgress(plan: Plan, url: string | undefined, log: Log): ExecutionProgress {
  const hosts = [...plan.hosts.keys()];
  const startedAt = performance.now();
  return {
    onStageStart: (stage, on) => log.info(stageLine(stage, on, plan, performance.now() - startedAt)),
    onStepStart(host, stage, action) {
      log.debug(`${host} ${stage}: ${JSON.stringify(action)}`);
      const line = stepStartLine(host, action, hosts);
      if (line !== undefined) log.info(line);
    },
    onStepEnd: (result, error) => log.info(stepLine(result, error, hosts)),
    onWait(note, step) {
      const what = step === undefined ? `url ${url}` : stepText(step.host, step.action, hosts);
      log.info(waitLine(what, note));
    },
  };
}

/**
 * Logs and reports how a plan ended.
 * @throws SealiftError with every failure, if the release was rolled back
 */
export function reportOutcome(
  { release, keep, options, context }: ReportedDeployment,
  before: readonly ObservedHost[],
  outcome: Outcome,
): void {
  const { report, log } = context;
  const failures = outcome.kind === 'succeeded' ? [] : [...outcome.failures, ...outcome.undoFailures];
  const result = deployResultOf(before, release, outcome);
  report.set({ ...result, steps: stepReports(outcome.steps, failures) });
  for (const line of downtimeLines(result.hosts)) log.info(line);
  if (outcome.kind === 'succeeded') {
    addWarnings(report, outcome.warnings);
    for (const warning of outcome.warnings) log.warning(warning);
    log.info(closingLine(report.current, before.length, keep));
    return;
  }
  const urlFailed = outcome.failures.some(
    ({ host, stage, cancelled }) => host === undefined && stage === 'verify' && cancelled !== true,
  );
  if (options.url !== undefined && urlFailed) report.set({ answer: UNEXPECTED_ANSWER_TEXT });
  report.set({ evidence: outcome.evidence });
  logEvidence(outcome.evidence, log);
  for (const line of hostLines(result.hosts)) log.info(line);
  throw combineFailures(outcome.failures);
}
