import { lastAcceptanceOf } from '../model/history.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import type { StrategyName } from '../model/strategy.ts';
import {
  accessorySteps,
  missingAccessories,
  outdatedAccessories,
  tryProxySteps,
  withAccessoriesBetween,
} from './accessories.ts';
import { accessoryContainerNames, nameBeforeAdoption } from './adopted-names.ts';
import type { DesiredState } from './desired-state.ts';
import { edgeSteps } from './edge.ts';
import { adoptedProject, ownContainers } from './existing-deployment.ts';
import { hasDomains, isFrontLeft, isFullyUp, lacksRestartPolicy, mayRun } from './host-queries.ts';
import { tryPortsSteps } from './new-ports.ts';
import { type HostPlan, type Step, step } from './plan.ts';
import { createPlanningContext, type PlanningContext, type StrategyPlanner } from './planning-context.ts';
import { type HostRepair, NO_REPAIR } from './reconcile-fleet.ts';
import { recoverSteps } from './recover.ts';
import { bakeSteps, finalCheckStep } from './release-checks.ts';
import { retireSteps } from './retire.ts';
import { blueGreen } from './strategies/blue-green.ts';
import { canary } from './strategies/canary.ts';
import { recreate } from './strategies/recreate.ts';
import { rolling } from './strategies/rolling.ts';
import { workerSteps } from './workers.ts';

/** A new strategy is a new file and a line here. */
const STRATEGIES: Readonly<Record<StrategyName, StrategyPlanner>> = {
  'blue-green': blueGreen,
  rolling,
  canary,
  recreate,
};

/** The steps from the observed state of one host to the desired state; empty if the host is up to date. Pure. */
export function planHost(
  host: ObservedHost,
  desired: DesiredState,
  repair: HostRepair = NO_REPAIR,
): HostPlan {
  const context = createPlanningContext(host, desired, repair);
  if (isHostUpToDate(context)) return {};
  const stages = STRATEGIES[desired.strategy.name](context);
  return withoutEmptyStages({
    recover: recoverSteps(context),
    pull: pullSteps(context),
    prepare: [
      ...adoptionSteps(context),
      ...tryPortsSteps(context),
      ...edgeSteps(context),
      ...accessorySteps(context, 'early'),
      recordStep(context),
    ],
    'before-release': hookSteps(context, 'before'),
    ...stages,
    start: withAccessoriesBetween(context, stages.start),
    check: [...stages.check, ...tryProxySteps(context)],
    switch: [...stages.switch, ...accessorySteps(context, 'proxy')],
    bake: bakeSteps(context),
    complete: [...accessorySteps(context, 'late'), ...workerSteps(context)],
    'final-check': [finalCheckStep(context)],
    accept: [acceptStep(context)],
    retire: retireSteps(context),
    'after-release': hookSteps(context, 'after'),
  });
}

function isHostUpToDate(context: PlanningContext): boolean {
  const { host, live, interrupted, historySteps, mustBeReplaced } = context;
  const { release, edgeFingerprint } = context.desired;
  return (
    interrupted === undefined &&
    historySteps.length === 0 &&
    !mustBeReplaced &&
    host.traffic?.splitWith === undefined &&
    live?.id === release.id &&
    host.accepted === release.id &&
    live.observed !== undefined &&
    isFullyUp(live.observed) &&
    !lacksRestartPolicy(live.observed) &&
    needsNothingBeside(context) &&
    !isFrontLeft(host, release) &&
    (edgeFingerprint !== undefined || host.edge.state === 'absent') &&
    !host.releases.some((other) => other.id !== release.id && mayRun(other))
  );
}

/** Whether edge, front and accessories are as the release needs them. */
function needsNothingBeside(context: PlanningContext): boolean {
  const { host, desired } = context;
  const { edge } = host;
  return (
    (desired.edgeFingerprint === undefined ||
      (edge.state === 'running' && edge.fingerprint === desired.edgeFingerprint)) &&
    (host.frontRunning || !hasDomains(desired.release)) &&
    missingAccessories(host, desired.release).length === 0 &&
    outdatedAccessories(context).length === 0
  );
}

/** If all containers exist and nothing is created, no image is needed: then a rollback does not depend on the registry. */
function pullSteps(context: PlanningContext): readonly Step[] {
  const { desired, how, restoreEdgeFor } = context;
  const needless = how === 'start' && restoreEdgeFor === undefined && needsNothingBeside(context);
  return needless ? [] : [step({ kind: 'pull-images', release: desired.release.id })];
}

/**
 * The project that the deploy takes over stops before anything needs its ports, volumes and names. Its undo runs last of all. A run that
 * was killed may have stopped it without renaming all of it.
 */
function adoptionSteps({ host, desired }: PlanningContext): readonly Step[] {
  const project = adoptedProject(host, desired.adopts ?? new Map());
  if (project === undefined) return [];
  const own = ownContainers(project, desired.release);
  const names = accessoryContainerNames(desired.release);
  const runs = own.some(({ running }) => running);
  if (!runs && !own.some(({ name }) => names.has(nameBeforeAdoption(name)))) return [];
  const of = { project: project.name, ...(runs ? {} : { onlyNames: true as const }) };
  const stop = step(
    { kind: 'stop-project', ...of, release: desired.release.id },
    { kind: 'start-project', ...of },
  );
  return [runs ? { ...stop, reason: 'nothing answers until the release is live' } : stop];
}

/** From here on a later run knows the release. If this run fails, the release that was accepted before stays accepted. */
function recordStep({ host, desired }: PlanningContext): Step {
  const release = desired.release.id;
  return step(
    { kind: 'record-release', release },
    { kind: 'record-rollback', release, previous: host.accepted, command: desired.command },
  );
}

/** Commands in new containers of the release. Its record and networks exist already. */
function hookSteps({ desired, slot }: PlanningContext, when: 'before' | 'after'): readonly Step[] {
  return desired.hooks[when].map((hook) =>
    step({ kind: 'run-hook', when, release: desired.release.id, slot, ...hook }),
  );
}

function acceptStep({ host, desired, previous }: PlanningContext): Step {
  const { command } = desired;
  const release = desired.release.id;
  const before: ReleaseId | undefined = previous?.id ?? lastAcceptanceOf(host.history, release)?.previous;
  // This undo runs before all others: a run that is killed while it rolls back must not leave the failed release accepted.
  return step(
    { kind: 'accept-release', release, previous: before, command },
    { kind: 'record-rollback', release, previous: host.accepted, command },
  );
}

function withoutEmptyStages(plan: HostPlan): HostPlan {
  return Object.fromEntries(Object.entries(plan).filter(([, steps]) => steps.length > 0));
}
