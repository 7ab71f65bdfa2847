import { ConfigurationError } from './model/errors.ts';
import { removedHosts } from './model/history.ts';
import type { HostName } from './model/host.ts';
import type { Release } from './model/release.ts';
import { changedAccessories } from './plan/changed.ts';
import { isEmpty } from './plan/fleet.ts';
import { liveRelease } from './plan/situation.ts';
import type { HostPlan } from './plan/steps.ts';
import { fold, group } from './report/console.ts';
import { endingOf, NOTHING_CHANGED, unchanged } from './report/ending.ts';
import { toldApart } from './report/evidence.ts';
import { gathered } from './report/failures.ts';
import { liveOn, plannedSteps, statusReport, stepReports } from './report/hosts.ts';
import { evidenceLines, hostLines, planLines, silenceLines } from './report/lines.ts';
import { removedText } from './report/words.ts';
import { preflight } from './target/preflight.ts';
import type { Answered } from './target/roll-out.ts';
import { planOf, type Undertaking, undertake } from './undertaking.ts';

/**
 * Plans, shows the plan, carries it out and fills the report: what deploys and rollbacks have in common.
 * @throws SealiftError when the release was turned back, after the report says so.
 */
export async function carryOut(task: Undertaking): Promise<void> {
  const { release, observations, house } = task;
  const { report } = house;
  const hosts = observations.map(({ host }) => host);
  await preflight(task.fleet.engines, observations, release);
  report.removed = removedHosts(
    hosts.map(({ history }) => history),
    hosts.map(({ host }) => host),
  );
  if (report.removed.length > 0) house.tools.log.notice(removedText(report.removed));
  const plan = planOf(task, hosts);
  report.previous = hosts
    .map((host) => liveRelease(host)?.id)
    .find((id) => id !== undefined && id !== release.id);
  Object.assign(report, {
    strategy: task.strategy.name,
    images: Object.fromEntries(Object.values(release.services).map(({ name, image }) => [name, image])),
    environmentUrl: task.options.url?.url ?? firstDomain(release),
  });

  await group('Plan', async () => {
    for (const line of planLines(plan, release)) house.tools.log.info(line);
    for (const line of leftAccessories(task)) house.tools.log.notice(line);
  });
  if (task.options.dryRun) {
    if (isEmpty(plan)) house.tools.log.info(nothingToDo(release));
    const seen = hosts.map(statusReport);
    Object.assign(report, {
      result: 'planned',
      state: NOTHING_CHANGED,
      steps: plannedSteps(plan),
      hosts: seen,
      live: liveOn(seen),
    });
    return;
  }
  for (const [host, stages] of plan.hosts) checkContents(host, stages, task);
  if (isEmpty(plan)) {
    house.tools.log.info(nothingToDo(release));
    Object.assign(report, unchanged(hosts, release));
    return;
  }
  conclude(task, await undertake(plan, task));
}

const nothingToDo = ({ id }: Release): string =>
  `Release ${id} is live on every host already: nothing to do.`;

/** What is said of accessories that stay as they are although the file says something else by now. */
function leftAccessories({
  observations,
  release,
  updateAccessories,
  command,
}: Undertaking): readonly string[] {
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
function checkContents(host: HostName, stages: HostPlan, { release, confidential }: Undertaking): void {
  if (release.confidential.length === 0 || confidential.has(release.id)) return;
  const steps = Object.values(stages).flat();
  if (!steps.some(({ action }) => action.kind === 'start' && action.how === 'create')) return;
  throw new ConfigurationError(
    `to: on ${host} the containers of release ${release.id} would have to be made anew, and the contents of its secrets and configs are ` +
      `never kept on a host. Deploy its image from a checkout of ${release.origin.revision ?? 'its commit'} instead: input "image".`,
  );
}

function conclude(task: Undertaking, { outcome, answer }: Answered): void {
  const { release, house, options } = task;
  const { report, tools } = house;
  const before = task.observations.map(({ host }) => host);
  Object.assign(report, endingOf(before, release, outcome));
  report.steps = stepReports(
    outcome.steps,
    outcome.kind === 'done' ? [] : [...outcome.failures, ...outcome.left],
  );
  report.answer = answer;
  for (const line of silenceLines(report.hosts)) tools.log.info(line);
  if (outcome.kind === 'done') {
    report.warnings = [...report.warnings, ...outcome.warnings];
    for (const warning of outcome.warnings) tools.log.warning(warning);
    return;
  }
  const refused = outcome.failures.some(
    ({ host, stage, cancelled }) => host === undefined && stage === 'verify' && cancelled !== true,
  );
  if (options.url !== undefined && refused) report.answer = 'did not answer as expected';
  report.evidence = outcome.evidence;
  const { shown, others, title } = toldApart(outcome.evidence);
  for (const line of shown.flatMap(evidenceLines)) tools.log.info(line);
  if (others.length > 0) fold(title, others.flatMap(evidenceLines));
  for (const line of hostLines(report.hosts)) tools.log.info(line);
  throw gathered(outcome.failures);
}

function firstDomain(release: Release): string | undefined {
  const domain = release.routes.flatMap((route) => route.domains)[0];
  return domain === undefined ? undefined : `https://${domain}`;
}
