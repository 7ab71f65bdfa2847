import type { House } from './house.ts';
import { askLayers } from './layers.ts';
import { messageAt } from './model/errors.ts';
import type { HostName, ObservedHost } from './model/host.ts';
import type { Confidential, Release, ReleaseId } from './model/release.ts';
import type { SwitchOptions, Target, Waves } from './model/request.ts';
import type { Hook, Limits, Strategy } from './model/strategy.ts';
import { planFleet, stagesOf } from './plan/fleet.ts';
import { after, type Outcome } from './plan/outcome.ts';
import { overlapOf } from './plan/overlap.ts';
import { type Refusal, refusedIn, without } from './plan/refused.ts';
import type { Plan } from './plan/steps.ts';
import { group } from './report/console.ts';
import { beginLine, stageLine, stepLine } from './report/lines.ts';
import { sentence } from './report/words.ts';
import { programEnvironment } from './run/environment.ts';
import type { Fleet } from './target/fleet.ts';
import type { Observation } from './target/observe.ts';
import { type Answered, rollOut } from './target/roll-out.ts';
import { edgeOf } from './target/traffic.ts';

/** A release that is to be live on a fleet, and everything needed for it. */
export interface Undertaking {
  readonly fleet: Fleet;
  readonly target: Target;
  readonly observations: readonly Observation[];
  readonly release: Release;
  readonly strategy: Strategy;
  readonly keep: number;
  readonly command: 'deploy' | 'rollback';
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

/** The plan of an undertaking, from what its hosts are found to be. */
export function planOf(task: Undertaking, hosts: readonly ObservedHost[]): Plan {
  const { release, waves } = task;
  const bake = overlapOf(release, hosts, task.bake);
  return planFleet(hosts, { ...task, bake, edge: edgeOf(release) }, waves);
}

/**
 * Carries the plan out. Where a former release is to come up again first and does not, that is told, and the new release is
 * deployed all the same, from what is there then: nothing serves worse for it, and it may be what mends the host.
 */
export async function undertake(first: Plan, task: Undertaking): Promise<Answered> {
  const refusals: Refusal[] = [];
  let plan = first;
  let now = task;
  let before: Outcome | undefined;
  for (;;) {
    const { outcome: last, answer } = await run(plan, now);
    const outcome = before === undefined ? last : after(before, last);
    const news = refusedIn(last, task.release.id).filter(
      (one) => isReached(task, one.host) && !refusals.some((other) => isSame(one, other)),
    );
    if (news.length === 0 || task.house.signal.aborted) return { outcome, answer };
    for (const refusal of news) warnOf(refusal, task);
    refusals.push(...news);
    before = outcome;
    const observations = await task.fleet.observe(task.target);
    const hosts = observations.map(({ host }) => host);
    plan = planOf(task, without(hosts, refusals));
    now = { ...task, observations };
  }
}

/** What was refused once is not waited for again. */
const isSame = (one: Refusal, other: Refusal): boolean =>
  one.host === other.host && one.action.release === other.action.release;

const isReached = ({ fleet }: Undertaking, host: HostName): boolean =>
  fleet.engines.some((engine) => engine.host === host && !engine.lost.aborted);

function warnOf({ host, action, error }: Refusal, { house, release }: Undertaking): void {
  const warning =
    `${sentence(messageAt(host, error))} So ${action.release}, which an interrupted run had stopped there, can't be brought back, ` +
    `and ${release.id} is deployed without it.`;
  house.tools.log.warning(warning);
  house.report.warnings = [...house.report.warnings, warning];
}

/** Carries the plan out; the log has a line a step as it ends, grouped by stage. */
async function run(plan: Plan, task: Undertaking): Promise<Answered> {
  const { house } = task;
  const { log } = house.tools;
  const hosts = [...plan.hosts.keys()];
  const environment = stagesOf(plan).includes('pull') ? await task.environment() : programEnvironment();
  const what = task.command === 'rollback' ? 'Roll back to' : 'Deploy';
  const began = performance.now();
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
        entered: (stage, on) => log.info(stageLine(stage, on, plan, performance.now() - began)),
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
