import type { House } from './house.ts';
import { askLayers } from './layers.ts';
import { ConfigurationError } from './model/errors.ts';
import { removedHosts } from './model/history.ts';
import type { HostName } from './model/host.ts';
import type { Confidential, Release, ReleaseId } from './model/release.ts';
import type { SwitchOptions, Target, Waves } from './model/request.ts';
import type { Hook, Limits, Strategy } from './model/strategy.ts';
import { changedAccessories } from './plan/changed.ts';
import { isEmpty, planFleet, stagesOf } from './plan/fleet.ts';
import { overlapOf } from './plan/overlap.ts';
import { liveRelease } from './plan/situation.ts';
import type { HostPlan, Plan } from './plan/steps.ts';
import { fold, group } from './report/console.ts';
import { endingOf, liveOn, NOTHING_CHANGED, unchanged } from './report/ending.ts';
import { toldApart } from './report/evidence.ts';
import { gathered } from './report/failures.ts';
import { plannedSteps, statusReport, stepReports } from './report/hosts.ts';
import {
  beginLine,
  evidenceLines,
  hostLines,
  planLines,
  silenceLines,
  stageLine,
  stepLine,
} from './report/lines.ts';
import { removedText } from './report/words.ts';
import { programEnvironment } from './run/environment.ts';
import type { Fleet } from './target/fleet.ts';
import type { Observation } from './target/observe.ts';
import { preflight } from './target/preflight.ts';
import type { Answered } from './target/roll-out.ts';
import { rollOut } from './target/roll-out.ts';
import { edgeOf } from './target/traffic.ts';

/** A release that is to be live on a fleet, and everything needed for it. */
export interface Undertaking {
  readonly fleet: Fleet;
  readonly target: Target;
  readonly observations: readonly Observation[];
  readonly release: Release;
  readonly strategy: Strategy;
  readonly keep: number;
  readonly event: 'accepted' | 'rolled-back';
  readonly bake: number;
  readonly limits: Limits | undefined;
  readonly updateAccessories: boolean;
  readonly hooks: { readonly before: readonly Hook[]; readonly after: readonly Hook[] };
  readonly waves: Waves;
  readonly options: SwitchOptions;
  readonly confidential: ReadonlyMap<ReleaseId, Confidential>;
  /** Environment in which `docker` may pull; asked for only when something is to be pulled. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
  readonly house: House;
}

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
  const plan = planFleet(
    hosts,
    { ...task, bake: overlapOf(release, hosts, task.bake), edge: edgeOf(release) },
    task.waves,
  );
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
  conclude(task, await run(plan, task));
}

const nothingToDo = ({ id }: Release): string =>
  `Release ${id} is live on every host already: nothing to do.`;

/** What is said of accessories that stay as they are although the file says something else by now. */
function leftAccessories({
  observations,
  release,
  updateAccessories,
  event,
}: Undertaking): readonly string[] {
  if (updateAccessories || event === 'rolled-back') return [];
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

/** Carries the plan out; the log has a line a step as it ends, grouped by stage. */
async function run(plan: Plan, task: Undertaking): Promise<Answered> {
  const { house } = task;
  const { log } = house.tools;
  const hosts = [...plan.hosts.keys()];
  const environment = stagesOf(plan).includes('pull') ? await task.environment() : programEnvironment();
  const what = task.event === 'rolled-back' ? 'Roll back to' : 'Deploy';
  return group(`${what} ${task.release.id}: ${stagesOf(plan).join(' → ')}`, () =>
    rollOut(
      plan,
      {
        of: task.target,
        engines: task.fleet.engines,
        observations: task.observations,
        release: task.release,
        confidential: task.confidential,
        options: task.options,
        tools: house.tools,
        environment,
        layersOf: askLayers(house, environment),
        by: house.by,
        signal: house.signal,
      },
      {
        entered: (stage, on) => log.info(stageLine(stage, on, plan)),
        began: (host, stage, action) => {
          log.debug(`${host} ${stage}: ${JSON.stringify(action)}`);
          const line = beginLine(host, action, hosts);
          if (line !== undefined) log.info(line);
        },
        ended: (result, error) => log.info(stepLine(result, error, hosts)),
      },
    ),
  );
}

function conclude(task: Undertaking, { outcome, answer }: Answered): void {
  const { release, house, options } = task;
  const { report, tools } = house;
  const before = task.observations.map(({ host }) => host);
  Object.assign(report, endingOf(before, release, task.event, outcome));
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
