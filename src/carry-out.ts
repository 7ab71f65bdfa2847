import type { House } from './house.ts';
import { messageAt, SealiftError } from './model/errors.ts';
import type { Confidential, Release, ReleaseId } from './model/release.ts';
import type { Strategy, SwitchOptions, Target } from './model/request.ts';
import { isEmpty, planFleet, stagesOf } from './plan/fleet.ts';
import { checkPorts } from './plan/preflight.ts';
import { liveRelease } from './plan/situation.ts';
import type { Plan } from './plan/steps.ts';
import { group } from './report/console.ts';
import { hostReports, plannedSteps, statusReport, stepReports } from './report/hosts.ts';
import { evidenceLines, planLines, stepLine } from './report/lines.ts';
import { checkExternals } from './target/accessories.ts';
import type { Fleet } from './target/fleet.ts';
import type { Observation } from './target/observe.ts';
import type { Failure } from './target/outcome.ts';
import type { Answered } from './target/roll-out.ts';
import { rollOut } from './target/roll-out.ts';
import { checkDomainsFree, edgeOf } from './target/traffic.ts';

/** A release that is to be live on a fleet, and everything needed for it. */
export interface Undertaking {
  readonly fleet: Fleet;
  readonly target: Target;
  readonly observations: readonly Observation[];
  readonly release: Release;
  readonly strategy: Strategy;
  readonly keep: number;
  readonly event: 'accepted' | 'rolled-back';
  readonly options: SwitchOptions;
  readonly confidential: ReadonlyMap<ReleaseId, Confidential>;
  /** Environment for `docker`. */
  readonly environment: Readonly<Record<string, string>>;
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
  for (const host of hosts) checkPorts(host, release);
  for (const check of [checkExternals, checkDomainsFree]) {
    await Promise.all(task.fleet.engines.map((engine) => check(engine, release)));
  }
  const { strategy, keep, event } = task;
  const plan = planFleet(hosts, { release, strategy, edge: edgeOf(release), keep, event });
  report.previous = hosts
    .map((host) => liveRelease(host)?.id)
    .find((id) => id !== undefined && id !== release.id);
  Object.assign(report, {
    strategy: task.strategy,
    images: Object.fromEntries(Object.values(release.services).map(({ name, image }) => [name, image])),
    environmentUrl: task.options.url?.url ?? firstDomain(release),
  });

  await group('Plan', async () => {
    for (const line of planLines(plan, release)) house.tools.log.info(line);
  });
  if (task.options.dryRun) {
    Object.assign(report, {
      result: 'planned',
      state: 'Nothing was changed.',
      steps: plannedSteps(plan),
      hosts: hosts.map(statusReport),
    });
    return;
  }
  if (isEmpty(plan)) {
    house.tools.log.info(`Release ${release.id} is live on every host already: nothing to do.`);
    const live = hosts.map((host) => ({
      host: host.host,
      was: release.id,
      is: release.id,
      why: 'already live',
      kept: [],
    }));
    Object.assign(report, { result: 'unchanged', state: 'Nothing was changed.', hosts: live });
    return;
  }
  conclude(task, await run(plan, task));
}

/** Carries the plan out; the log has a line a step as it ends, grouped by stage. */
async function run(plan: Plan, task: Undertaking): Promise<Answered> {
  const { house } = task;
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
        environment: task.environment,
        by: house.by,
        signal: house.signal,
      },
      {
        began: (host, stage, action) => house.tools.log.debug(`${host} ${stage}: ${JSON.stringify(action)}`),
        ended: (result, error) => house.tools.log.info(stepLine(result, error)),
      },
    ),
  );
}

function conclude(task: Undertaking, { outcome, answer }: Answered): void {
  const { release, house, options } = task;
  const { report } = house;
  const hosts = task.observations.map(({ host }) => host);
  report.steps = stepReports(outcome.steps);
  report.hosts = hostReports(hosts, release.id, outcome);
  if (options.url !== undefined) report.answer = answer ?? 'did not answer as expected';
  if (outcome.kind === 'done') {
    report.result = task.event === 'rolled-back' ? 'rolled-back' : 'deployed';
    report.state = `${release.id} is live.`;
    report.warnings = [...report.warnings, ...outcome.warnings];
    return;
  }
  report.evidence = outcome.evidence;
  for (const line of outcome.evidence.flatMap(evidenceLines)) house.tools.log.info(line);
  const changed = outcome.steps.some((step) => step.stage !== 'pull');
  report.result = changed ? 'turned-back' : 'failed';
  report.state = stateOf(report.previous, changed, outcome.left);
  const errors = outcome.failures.map((failure) => messageAt(failure.host, failure.error));
  const seen = outcome.failures.flatMap(({ error }) => (error instanceof SealiftError ? error.evidence : []));
  throw new SealiftError(errors.join(' · '), { evidence: seen });
}

function firstDomain(release: Release): string | undefined {
  const domain = release.routes.flatMap((route) => route.domains)[0];
  return domain === undefined ? undefined : `https://${domain}`;
}

/** The state that a failed run leaves, in a sentence. A host that is lost says so once, however many undos it refused. */
function stateOf(previous: ReleaseId | undefined, changed: boolean, left: readonly Failure[]): string {
  if (left.length > 0) {
    const first = new Map([...left].reverse().map((failure) => [failure.host, failure]));
    const hosts = [...first.values()].map(({ host, error }) => messageAt(host, error));
    return `NOT EVERYTHING COULD BE TAKEN BACK. ${hosts.join(' · ')} Look at these hosts now.`;
  }
  if (!changed) return 'Nothing was deployed.';
  return previous === undefined
    ? 'Nothing is live, as before; accessories, networks and volumes that were made stay.'
    : `Traffic is on the previous release ${previous} again; the new one is stopped.`;
}
