import { lastAcceptanceOf } from '../model/history.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import type { StrategyName } from '../model/strategy.ts';
import { accessorySteps, outdatedAccessories } from './accessories.ts';
import { bakeSteps } from './bake.ts';
import type { DesiredState } from './desired-state.ts';
import { edgeSteps } from './edge.ts';
import { finalCheckStep } from './final-check.ts';
import { hasDomains, isFullyUp, lacksRestartPolicy, mayRun, missingAccessories } from './host-queries.ts';
import { createPlanningContext, type PlanningContext, type StrategyPlanner } from './planning-context.ts';
import { type HostRepair, NO_REPAIR } from './reconcile-fleet.ts';
import { recoverSteps } from './recover.ts';
import { retireSteps } from './retire.ts';
import { type HostPlan, type Step, step } from './steps.ts';
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

/** The steps from what is observed on one host to the wanted release. No steps: it is there already. */
export function planHost(
  host: ObservedHost,
  desired: DesiredState,
  historySteps: HostRepair = NO_REPAIR,
): HostPlan {
  const context = createPlanningContext(host, desired, historySteps);
  if (isHostUpToDate(context)) return {};
  return withoutEmptyStages({
    recover: recoverSteps(context),
    pull: pullSteps(context),
    prepare: [...edgeSteps(context), ...accessorySteps(context, 'early'), recordStep(context)],
    'before-release': hookSteps(context, 'before'),
    ...STRATEGIES[desired.strategy.name](context),
    bake: bakeSteps(context),
    complete: [...accessorySteps(context, 'late'), ...workerSteps(context)],
    'final-check': [finalCheckStep(context)],
    accept: [acceptStep(context)],
    retire: retireSteps(context),
    'after-release': hookSteps(context, 'after'),
  });
}

function isHostUpToDate(context: PlanningContext): boolean {
  const { host, live, interrupted, historySteps, mustYield } = context;
  const { release, edgeFingerprint: edge } = context.desired;
  const edgeIsRight =
    edge === undefined
      ? host.edge.state === 'absent'
      : host.edge.state === 'running' && host.edge.fingerprint === edge;
  return (
    interrupted === undefined &&
    historySteps.length === 0 &&
    !mustYield &&
    host.traffic?.splitWith === undefined &&
    live?.id === release.id &&
    host.accepted === release.id &&
    live.observed !== undefined &&
    isFullyUp(live.observed) &&
    !lacksRestartPolicy(live.observed) &&
    edgeIsRight &&
    (host.frontRunning || !hasDomains(release)) &&
    !host.releases.some((other) => other.id !== release.id && mayRun(other)) &&
    missingAccessories(host, release).length === 0 &&
    outdatedAccessories(context).length === 0
  );
}

/** Where every container still exists and nothing else is made, no image is needed: going back asks no registry. */
function pullSteps(context: PlanningContext): readonly Step[] {
  const { host, desired, how, restoreEdgeFor } = context;
  const edgeStays =
    desired.edgeFingerprint === undefined ||
    (host.edge.state === 'running' && host.edge.fingerprint === desired.edgeFingerprint);
  const frontStays = host.frontRunning || !hasDomains(desired.release);
  const accessoriesStay =
    missingAccessories(host, desired.release).length === 0 && outdatedAccessories(context).length === 0;
  const needless =
    how === 'start' && edgeStays && restoreEdgeFor === undefined && frontStays && accessoriesStay;
  return needless ? [] : [step({ kind: 'pull-images', release: desired.release.id })];
}

/** From here on another run knows of the release; if this one fails, the one that was accepted before is so still. */
function recordStep({ host, desired }: PlanningContext): Step {
  const release = desired.release.id;
  return step(
    { kind: 'record-release', release },
    { kind: 'record-rollback', release, previous: host.accepted },
  );
}

/** Commands in a container of the new release. Those before it come when its record and its networks are there. */
function hookSteps({ desired, slot }: PlanningContext, when: 'before' | 'after'): readonly Step[] {
  return desired.hooks[when].map((hook) =>
    step({ kind: 'run-hook', when, release: desired.release.id, slot, ...hook }),
  );
}

function acceptStep({ host, desired, previous }: PlanningContext): Step {
  const release = desired.release.id;
  const before: ReleaseId | undefined = previous?.id ?? lastAcceptanceOf(host.history, release)?.previous;
  // Taken back before all else: a run that is killed while it takes back must not leave the refused release accepted.
  return step(
    { kind: 'accept-release', release, previous: before, command: desired.command },
    { kind: 'record-rollback', release, previous: host.accepted },
  );
}

function withoutEmptyStages(plan: HostPlan): HostPlan {
  return Object.fromEntries(Object.entries(plan).filter(([, steps]) => steps.length > 0));
}
