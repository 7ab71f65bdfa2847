import type { ActionContext } from './action-context.ts';
import { createLayerLookup } from './image-layers.ts';
import { messageWithHost } from './model/errors.ts';
import type { HostName, ObservedHost } from './model/host.ts';
import type { ConfidentialValues, Release, ReleaseId } from './model/release.ts';
import type { DeploymentTarget, RolloutOptions, Waves } from './model/request.ts';
import type { CanaryLimits, Hook, Strategy } from './model/strategy.ts';
import { type FailedRestart, markRestartFailed, onlyFailedRestarts } from './plan/failed-restarts.ts';
import { planFleet, stagesOf } from './plan/fleet.ts';
import { joinOutcomes, type Outcome } from './plan/outcome.ts';
import { proxyOverlap } from './plan/proxy-overlap.ts';
import type { Plan } from './plan/steps.ts';
import { sentence } from './report/action-text.ts';
import { group } from './report/console.ts';
import { stageLine, stepLine, stepStartLine } from './report/log-lines.ts';
import { requiredEdgeFingerprint } from './rollout/edge-actions.ts';
import { type ExecutionResult, executePlan } from './rollout/execute-plan.ts';
import type { Fleet } from './rollout/fleet.ts';
import type { HostObservation } from './rollout/observe-host.ts';
import { programEnvironment } from './run/environment.ts';

/** A release that is to be live on a fleet, and everything needed for it. */
export interface Deployment {
  readonly fleet: Fleet;
  readonly target: DeploymentTarget;
  readonly observations: readonly HostObservation[];
  readonly release: Release;
  readonly strategy: Strategy;
  readonly keep: number;
  readonly command: 'deploy' | 'rollback';
  readonly bake: number;
  readonly limits: CanaryLimits | undefined;
  readonly updateAccessories: boolean;
  readonly hooks: { readonly before: readonly Hook[]; readonly after: readonly Hook[] };
  readonly waves: Waves;
  readonly options: RolloutOptions;
  readonly confidential: ReadonlyMap<ReleaseId, ConfidentialValues>;
  /** Environment in which `docker` may pull; asked for only when something is to be pulled. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
  readonly context: ActionContext;
}

/** The plan of an undertaking, from what its hosts are found to be. */
export function planDeployment(deployment: Deployment, hosts: readonly ObservedHost[]): Plan {
  const { release, waves } = deployment;
  const bake = proxyOverlap(release, hosts, deployment.bake);
  return planFleet(hosts, { ...deployment, bake, edgeFingerprint: requiredEdgeFingerprint(release) }, waves);
}

/**
 * Carries the plan out. Where a former release is to come up again first and does not, that is told, and the new release is
 * deployed all the same, from what is there then: nothing serves worse for it, and it may be what mends the host.
 */
export async function executeAndReplan(first: Plan, deployment: Deployment): Promise<ExecutionResult> {
  const refusals: FailedRestart[] = [];
  let plan = first;
  let current = deployment;
  let before: Outcome | undefined;
  for (;;) {
    const { outcome: last, answer } = await executeOnce(plan, current);
    const outcome = before === undefined ? last : joinOutcomes(before, last);
    const newFailedRestarts = onlyFailedRestarts(last, deployment.release.id).filter(
      (one) => isHostConnected(deployment, one.host) && !refusals.some((other) => isSameRestart(one, other)),
    );
    if (newFailedRestarts.length === 0 || deployment.context.signal.aborted) return { outcome, answer };
    for (const refusal of newFailedRestarts) warnOfFailedRestart(refusal, deployment);
    refusals.push(...newFailedRestarts);
    before = outcome;
    const observations = await deployment.fleet.observe(deployment.target);
    const hosts = observations.map(({ host }) => host);
    plan = planDeployment(deployment, markRestartFailed(hosts, refusals));
    current = { ...deployment, observations };
  }
}

/** What was refused once is not waited for again. */
const isSameRestart = (one: FailedRestart, other: FailedRestart): boolean =>
  one.host === other.host && one.action.release === other.action.release;

const isHostConnected = ({ fleet }: Deployment, host: HostName): boolean =>
  fleet.engines.some((engine) => engine.host === host && !engine.disconnected.aborted);

function warnOfFailedRestart({ host, action, error }: FailedRestart, { context, release }: Deployment): void {
  const warning =
    `${sentence(messageWithHost(host, error))} So ${action.release}, which an interrupted run had stopped there, can't be brought back, ` +
    `and ${release.id} is deployed without it.`;
  context.tools.log.warning(warning);
  context.report.warnings = [...context.report.warnings, warning];
}

/** Carries the plan out; the log has a line a step as it ends, grouped by stage. */
async function executeOnce(plan: Plan, deployment: Deployment): Promise<ExecutionResult> {
  const { context } = deployment;
  const { log } = context.tools;
  const hosts = [...plan.hosts.keys()];
  const environment = stagesOf(plan).includes('pull') ? await deployment.environment() : programEnvironment();
  const what = deployment.command === 'rollback' ? 'Roll back to' : 'Deploy';
  const startedAt = performance.now();
  return group(`${what} ${deployment.release.id}: ${stagesOf(plan).join(' → ')}`, () =>
    executePlan(
      plan,
      {
        appEnvironment: deployment.target,
        engines: deployment.fleet.engines,
        observations: deployment.observations,
        release: deployment.release,
        confidential: deployment.confidential,
        options: deployment.options,
        tools: context.tools,
        environment,
        lookUpLayers: createLayerLookup(context, environment),
        triggeredBy: context.triggeredBy,
        signal: context.signal,
      },
      {
        onStageStart: (stage, on) => log.info(stageLine(stage, on, plan, performance.now() - startedAt)),
        onStepStart: (host, stage, action) => {
          log.debug(`${host} ${stage}: ${JSON.stringify(action)}`);
          const line = stepStartLine(host, action, hosts);
          if (line !== undefined) log.info(line);
        },
        onStepEnd: (result, error) => log.info(stepLine(result, error, hosts)),
      },
    ),
  );
}
