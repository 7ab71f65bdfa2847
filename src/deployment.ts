import { type Deployment, executeAndReplan, planDeployment } from './deployment-plan.ts';
import { ConfigurationError } from './model/errors.ts';
import { removedHosts } from './model/history.ts';
import type { HostName } from './model/host-address.ts';
import type { Release } from './model/release.ts';
import { changedAccessories } from './plan/changed-accessories.ts';
import { isEmptyPlan } from './plan/fleet.ts';
import { liveRelease } from './plan/host-queries.ts';
import type { HostPlan } from './plan/plan.ts';
import { removedHostsText } from './report/text-format.ts';
import { group, logCollapsed } from './report/console.ts';
import { deployResultOf, NOTHING_CHANGED_TEXT, unchangedResult } from './report/deploy-result.ts';
import { splitEvidence } from './report/evidence.ts';
import { combineFailures } from './report/failures.ts';
import { commonRelease, plannedSteps, statusReport, stepReports } from './report/hosts.ts';
import { downtimeLines, evidenceLines, hostLines, planLines } from './report/log-lines.ts';
import type { ExecutionResult } from './rollout/execute-plan.ts';
import { preflight } from './rollout/preflight.ts';

/**
 * Plans, shows the plan, carries it out and fills the report: what deploys and rollbacks have in common.
 * @throws SealiftError when the release was rolled back, after the report says so.
 */
export async function deployRelease(deployment: Deployment): Promise<void> {
  const { release, observations, context } = deployment;
  const { report } = context;
  const hosts = observations.map(({ host }) => host);
  await preflight(deployment.fleet.engines, observations, release);
  report.removed = removedHosts(
    hosts.map(({ history }) => history),
    hosts.map(({ host }) => host),
  );
  if (report.removed.length > 0) context.tools.log.notice(removedHostsText(report.removed));
  const plan = planDeployment(deployment, hosts);
  report.previous = hosts
    .map((host) => liveRelease(host)?.id)
    .find((id) => id !== undefined && id !== release.id);
  Object.assign(report, {
    strategy: deployment.strategy.name,
    images: Object.fromEntries(Object.values(release.services).map(({ name, image }) => [name, image])),
    environmentUrl: deployment.options.url?.url ?? firstDomainUrl(release),
  });

  await group('Plan', async () => {
    for (const line of planLines(plan, release)) context.tools.log.info(line);
    for (const line of outdatedAccessoryNotices(deployment)) context.tools.log.notice(line);
  });
  if (deployment.options.dryRun) {
    if (isEmptyPlan(plan)) context.tools.log.info(nothingToDoText(release));
    const seen = hosts.map(statusReport);
    Object.assign(report, {
      result: 'planned',
      state: NOTHING_CHANGED_TEXT,
      steps: plannedSteps(plan),
      hosts: seen,
      live: commonRelease(seen),
    });
    return;
  }
  for (const [host, stages] of plan.hosts) requireSecretContents(host, stages, deployment);
  if (isEmptyPlan(plan)) {
    context.tools.log.info(nothingToDoText(release));
    Object.assign(report, unchangedResult(hosts, release));
    return;
  }
  reportOutcome(deployment, await executeAndReplan(plan, deployment));
}

const nothingToDoText = ({ id }: Release): string =>
  `Release ${id} is live on every host already: nothing to do.`;

/** What is said of accessories that stay as they are although the file says something else by now. */
function outdatedAccessoryNotices({
  observations,
  release,
  updateAccessories,
  command,
}: Deployment): readonly string[] {
  if (updateAccessories || command === 'rollback') return [];
  const changed = new Set(observations.flatMap(({ host }) => changedAccessories(host, release)));
  return [...changed].map(
    (name) =>
      `${name}: its definition has changed, and it is left as it is, as accessories are. accessories: update makes it anew; its volumes stay.`,
  );
}

/**
 * The contents of secrets and configs are never kept on a host, so containers that need them can't be made again without.
 * @throws ConfigurationError before anything is changed, when a plan would have to make such containers.
 */
function requireSecretContents(
  host: HostName,
  stages: HostPlan,
  { release, confidential }: Deployment,
): void {
  if (release.confidential.length === 0 || confidential.has(release.id)) return;
  const steps = Object.values(stages).flat();
  if (!steps.some(({ action }) => action.kind === 'start-services' && action.how === 'create')) return;
  throw new ConfigurationError(
    `to: on ${host} the containers of release ${release.id} would have to be made anew, and the contents of its secrets and configs are ` +
      `never kept on a host. Deploy its image from a checkout of ${release.origin.revision ?? 'its commit'} instead: input "image".`,
  );
}

function reportOutcome(deployment: Deployment, { outcome, answer }: ExecutionResult): void {
  const { release, context, options } = deployment;
  const { report, tools } = context;
  const before = deployment.observations.map(({ host }) => host);
  Object.assign(report, deployResultOf(before, release, outcome));
  report.steps = stepReports(
    outcome.steps,
    outcome.kind === 'succeeded' ? [] : [...outcome.failures, ...outcome.undoFailures],
  );
  report.answer = answer;
  for (const line of downtimeLines(report.hosts)) tools.log.info(line);
  if (outcome.kind === 'succeeded') {
    report.warnings = [...report.warnings, ...outcome.warnings];
    for (const warning of outcome.warnings) tools.log.warning(warning);
    return;
  }
  const refused = outcome.failures.some(
    ({ host, stage, cancelled }) => host === undefined && stage === 'verify' && cancelled !== true,
  );
  if (options.url !== undefined && refused) report.answer = 'did not answer as expected';
  report.evidence = outcome.evidence;
  const { shown, others, title } = splitEvidence(outcome.evidence);
  for (const line of shown.flatMap(evidenceLines)) tools.log.info(line);
  if (others.length > 0) logCollapsed(title, others.flatMap(evidenceLines));
  for (const line of hostLines(report.hosts)) tools.log.info(line);
  throw combineFailures(outcome.failures);
}

function firstDomainUrl(release: Release): string | undefined {
  const domain = release.routes.flatMap((route) => route.domains)[0];
  return domain === undefined ? undefined : `https://${domain}`;
}
