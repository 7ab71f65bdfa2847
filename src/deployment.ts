import type { ActionContext } from './action-context.ts';
import { reportOutcome, reportPlan, reportProgress } from './deployment-report.ts';
import { createLayerLookup } from './image-layers.ts';
import type { Approval } from './model/approval.ts';
import type { RolloutOptions, Waves } from './model/deploy-options.ts';
import { messageWithHost } from './model/errors.ts';
import type { ObservedHost } from './model/host.ts';
import type { HostName, ReleaseId } from './model/identifiers.ts';
import type { ConfidentialValues } from './model/release.ts';
import type { Destination } from './model/request.ts';
import { chooseStrategy } from './plan/choose-strategy.ts';
import type { DesiredState } from './plan/desired-state.ts';
import { type FailedRestart, markRestartFailed, onlyFailedRestarts } from './plan/failed-restarts.ts';
import { comparesResponses, isEmptyPlan, planFleet, planUsesCompose, stagesOf } from './plan/fleet.ts';
import { joinOutcomes, type Outcome } from './plan/outcome.ts';
import type { Plan } from './plan/plan.ts';
import { checkProxiedPorts } from './plan/preflight.ts';
import { proxyOverlap } from './plan/release-checks.ts';
import { missingContents } from './release/file-content-names.ts';
import { group } from './report/console.ts';
import type { DeploymentReport } from './report/report.ts';
import { addWarnings } from './report/report-draft.ts';
import { sentence } from './report/text-format.ts';
import { cleanUpKilledRun } from './rollout/clean-up-killed-run.ts';
import { requiredEdgeFingerprint } from './rollout/edge-actions.ts';
import { executePlan } from './rollout/execute-plan.ts';
import type { ExecutionOptions } from './rollout/execution-options.ts';
import type { Fleet } from './rollout/fleet.ts';
import type { FleetLock } from './rollout/fleet-lock.ts';
import type { HostObservation } from './rollout/host-context.ts';
import { createHostContexts, type HostContext } from './rollout/host-context.ts';
import {
  type ImageDelivery,
  type ImageDeliveryOptions,
  openImageDelivery,
  withLocalLayers,
} from './rollout/image-delivery.ts';
import { nameLookupNotices } from './rollout/name-lookup.ts';
import { preflight } from './rollout/preflight.ts';
import { PULL_RETRY_LIMIT } from './rollout/pull-image.ts';
import { goneSecretsError } from './rollout/run-compose.ts';
import { checkUrl } from './rollout/url-check.ts';
import { programEnvironment } from './run/environment.ts';
import { DEFAULT_RETRY_POLICY, RetryLimit } from './run/retry.ts';
import {
  bringCompose,
  type ComposePlugin,
  findComposeShortcoming,
  hostEnvironment,
} from './tools/compose-plugin.ts';

/** A release that is to be live on a fleet, and everything that is needed for it. */
export interface Deployment extends Omit<DesiredState, 'edgeFingerprint'> {
  readonly fleet: Fleet;
  readonly lock: FleetLock;
  readonly destination: Destination;
  readonly observations: readonly HostObservation[];
  readonly waves: Waves;
  readonly options: RolloutOptions;
  /** Contents of secrets and configs by release, as far as this run knows them. */
  readonly confidential: ReadonlyMap<ReleaseId, ConfidentialValues>;
  /** The environment in which `docker` may pull. It is asked for only if something is to be pulled. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
  /** How the images of the release come to hosts that lack them. */
  readonly transfer: ImageDeliveryOptions;
  /** The Compose that creates containers, if it is not the runner's own. It is asked for only if one is to be created. */
  readonly composePlugin: () => Promise<ComposePlugin>;
  /** Who approved it; `undefined` in a dry run, which asks nobody. */
  readonly approval: Approval | undefined;
  readonly context: ActionContext<DeploymentReport>;
}

/** What a way back takes from the command that goes it; everything else is the same for all. */
type RollbackParts = Pick<
  Deployment,
  | 'fleet'
  | 'lock'
  | 'destination'
  | 'observations'
  | 'release'
  | 'options'
  | 'confidential'
  | 'environment'
  | 'approval'
  | 'context'
>;

/** Makes a recorded release live again: no command runs around it, nothing is watched or pruned, and accessories stay. */
export function deploymentOfRollback(parts: RollbackParts): Deployment {
  const { release, context } = parts;
  return {
    ...parts,
    command: 'rollback',
    strategy: chooseStrategy(release, undefined),
    waves: { kind: 'all' },
    hooks: { before: [], after: [] },
    bake: 0,
    limits: undefined,
    keep: Number.MAX_SAFE_INTEGER,
    updateAccessories: false,
    transfer: { kind: release.origin.imageTransfer ?? 'registry', local: new Map(), mayCopy: true },
    composePlugin: async () => bringCompose(await findComposeShortcoming(), context, context.signal),
  };
}

/**
 * Makes a release live on a fleet: preflight → plan → execute → report. Deploys and rollbacks share it.
 *
 * If recovery cannot start a container, that is logged, and the plan is made again without it: nothing serves worse for it,
 * and the new release may be what repairs the host.
 * @throws ConfigurationError before anything is changed
 * @throws SealiftError if the release was rolled back, after the report says so
 */
export async function deployRelease(deployment: Deployment): Promise<void> {
  const { fleet, release, context } = deployment;
  let { observations } = deployment;
  warnOfUnreadableRecords(deployment);
  await using images = openImageDelivery(deployment.transfer, fleet.engines, context);
  if (!deployment.options.dryRun) images.prepare(observations);
  await preflight(fleet.engines, observations, release, deployment.adopts);
  for (const notice of await nameLookupNotices(fleet.engines, release)) context.log.notice(notice);

  let plan = planDeployment(deployment, hostsOf(observations));
  reportPlan(deployment, plan, hostsOf(observations));
  if (deployment.options.dryRun) return;
  await cleanUpKilledRun(fleet.engines, observations);
  if (isEmptyPlan(plan)) return;
  requireSecretContents(plan, deployment);

  const failedRestarts: FailedRestart[] = [];
  let outcome: Outcome | undefined;
  let composePlugin: ComposePlugin;
  for (;;) {
    if (planUsesCompose(plan)) composePlugin ??= await deployment.composePlugin();
    const contexts = await hostContextsOf(deployment, plan, observations, composePlugin, images);
    const execute = (): Promise<Outcome> =>
      executePlan(plan, contexts, {
        verify: urlCheckOf(deployment),
        progress: reportProgress(plan, deployment.options.url?.url, context.log),
        signal: context.signal,
      });
    const latest = await group(titleOf(deployment, plan), execute);
    outcome = outcome === undefined ? latest : joinOutcomes(outcome, latest);
    const added = onlyFailedRestarts(latest, release.id).filter(
      (one) => isHostConnected(fleet, one.host) && !failedRestarts.some((other) => isSameRestart(one, other)),
    );
    if (added.length === 0 || context.signal.aborted) break;
    for (const failedRestart of added) warnOfFailedRestart(failedRestart, deployment);
    failedRestarts.push(...added);
    observations = await fleet.observe();
    plan = planDeployment(deployment, markRestartFailed(hostsOf(observations), failedRestarts));
  }
  reportOutcome(deployment, hostsOf(deployment.observations), outcome);
}

/** A write that is cut short leaves the one before it intact: so somebody has changed them, or a disk has. */
function warnOfUnreadableRecords({ observations, release, context }: Deployment): void {
  for (const { host, recordsUnreadable } of hostsOf(observations)) {
    if (!recordsUnreadable) continue;
    const warning = `${host}: the records of ${release.app} for ${release.environment} can't be read. Nothing old is removed there in this run, and a rollback can't go to what was deployed before it.`;
    context.log.warning(warning);
    addWarnings(context.report, [warning]);
  }
}

const hostsOf = (observations: readonly HostObservation[]): readonly ObservedHost[] =>
  observations.map(({ host }) => host);

function planDeployment(deployment: Deployment, hosts: readonly ObservedHost[]): Plan {
  const { release, waves, updateAccessories } = deployment;
  for (const host of hosts) checkProxiedPorts(host, release, updateAccessories);
  const bake = proxyOverlap(release, hosts, deployment.bake);
  const edgeFingerprint = requiredEdgeFingerprint(release);
  return planFleet(hosts, { ...deployment, bake, edgeFingerprint }, waves);
}

const titleOf = ({ command, release }: Deployment, plan: Plan): string =>
  `${command === 'rollback' ? 'Roll back to' : 'Deploy'} ${release.id}: ${stagesOf(plan).join(' → ')}`;

/** What the steps of a plan need on each host. */
export async function hostContextsOf(
  deployment: Deployment,
  plan: Plan,
  observations: readonly HostObservation[],
  composePlugin: ComposePlugin,
  images: ImageDelivery,
): Promise<ReadonlyMap<HostName, HostContext>> {
  const { fleet, destination, release, confidential, options, context } = deployment;
  const pulls = stagesOf(plan).includes('pull');
  const own = pulls ? await deployment.environment() : programEnvironment();
  const environment = await hostEnvironment(own, composePlugin, context);
  const fleetContext = {
    appEnvironment: destination,
    confidential,
    lock: deployment.lock,
    settings: options,
    run: context.run,
    log: context.log,
    environment,
    pullRetry: { retryPolicy: DEFAULT_RETRY_POLICY, limit: new RetryLimit(PULL_RETRY_LIMIT) },
    lookUpLayers: withLocalLayers(images, createLayerLookup(context, own)),
    images,
    comparesResponses: comparesResponses(plan),
    triggeredBy: context.triggeredBy,
    runStartedAt: Date.parse(context.report.current.startedAt),
    approval: deployment.approval,
    fleetHosts: fleet.engines.map(({ host }) => host),
  };
  return createHostContexts(fleet.engines, observations, release, fleetContext, context.signal);
}

/** Asks `url` from the runner, if it is given, and reports the answer. */
function urlCheckOf({ options: { url }, context }: Deployment): ExecutionOptions['verify'] {
  if (url === undefined) return undefined;
  return async (waitStatus, signal) => {
    const answer = await checkUrl(url, signal, waitStatus);
    context.log.info(`url: ${url.url} answered ${answer}`);
    context.report.set({ answer });
  };
}

/** What could not be started once is not waited for again. */
const isSameRestart = (one: FailedRestart, other: FailedRestart): boolean =>
  one.host === other.host && one.release === other.release;

const isHostConnected = ({ engines }: Fleet, host: HostName): boolean =>
  engines.some((engine) => engine.host === host && !engine.disconnected.aborted);

function warnOfFailedRestart(
  { host, release: former, error }: FailedRestart,
  { context, release }: Deployment,
): void {
  const warning =
    `${sentence(messageWithHost(host, error))} ${former}, which an interrupted run had stopped there, can't be started again, ` +
    `so ${release.id} is deployed without it.`;
  context.log.warning(warning);
  addWarnings(context.report, [warning]);
}

/**
 * The contents of secrets and configs are never kept on a host, so a rollback can recreate containers that need them only with
 * those that the run was given.
 * @throws ConfigurationError if the plan would have to
 */
function requireSecretContents({ hosts }: Plan, { release, confidential }: Deployment): void {
  const missing = missingContents(release, confidential.get(release.id));
  if (missing.length === 0) return;
  for (const [host, stages] of hosts) {
    const steps = Object.values(stages).flat();
    if (!steps.some(({ action }) => action.kind === 'start-services' && action.how === 'create')) continue;
    throw goneSecretsError(host, release, missing);
  }
}
