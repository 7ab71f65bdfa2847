import { acceptanceOf } from '../model/history.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import type { StrategyName } from '../model/strategy.ts';
import { accessorySteps, outdatedAccessories } from './accessories.ts';
import { bakeSteps } from './bake.ts';
import { edgeSteps } from './edge.ts';
import { type Amends, NO_AMENDS } from './ground.ts';
import { lookStep } from './look.ts';
import { recoverSteps } from './recover.ts';
import { retireSteps } from './retire.ts';
import { isWhole, lacksRestarts, mayRun, missingAccessories, wantsDomains } from './situation.ts';
import { type HostPlan, type Step, step } from './steps.ts';
import { blueGreen } from './strategies/blue-green.ts';
import { canary } from './strategies/canary.ts';
import { recreate } from './strategies/recreate.ts';
import { rolling } from './strategies/rolling.ts';
import { type HostTask, type StrategyPlanner, taskOf } from './task.ts';
import type { Wanted } from './wanted.ts';
import { workerSteps } from './workers.ts';

/** A new strategy is a new file and a line here. */
const STRATEGIES: Readonly<Record<StrategyName, StrategyPlanner>> = {
  'blue-green': blueGreen,
  rolling,
  canary,
  recreate,
};

/** The steps from what is observed on one host to the wanted release. No steps: it is there already. */
export function planHost(host: ObservedHost, wanted: Wanted, amends: Amends = NO_AMENDS): HostPlan {
  const task = taskOf(host, wanted, amends);
  if (isDone(task)) return {};
  return withoutEmptyStages({
    recover: recoverSteps(task),
    pull: pullSteps(task),
    prepare: [...edgeSteps(task), ...accessorySteps(task, 'early'), recordStep(task)],
    before: hookSteps(task, 'before'),
    ...STRATEGIES[wanted.strategy.name](task),
    bake: bakeSteps(task),
    complete: [...accessorySteps(task, 'late'), ...workerSteps(task)],
    look: [lookStep(task)],
    accept: [acceptStep(task)],
    retire: retireSteps(task),
    after: hookSteps(task, 'after'),
  });
}

function isDone(task: HostTask): boolean {
  const { host, live, stranded, amends, givesWay } = task;
  const { release, edge } = task.wanted;
  const edgeIsRight =
    edge === undefined
      ? host.edge.state === 'absent'
      : host.edge.state === 'running' && host.edge.fingerprint === edge;
  return (
    stranded === undefined &&
    amends.length === 0 &&
    !givesWay &&
    host.traffic?.shared === undefined &&
    live?.id === release.id &&
    host.accepted === release.id &&
    live.observed !== undefined &&
    isWhole(live.observed) &&
    !lacksRestarts(live.observed) &&
    edgeIsRight &&
    (host.front || !wantsDomains(release)) &&
    !host.releases.some((other) => other.id !== release.id && mayRun(other)) &&
    missingAccessories(host, release).length === 0 &&
    outdatedAccessories(task).length === 0
  );
}

/** Where every container still exists and nothing else is made, no image is needed: going back asks no registry. */
function pullSteps(task: HostTask): readonly Step[] {
  const { host, wanted, how, edgeBack } = task;
  const edgeStays =
    wanted.edge === undefined || (host.edge.state === 'running' && host.edge.fingerprint === wanted.edge);
  const frontStays = host.front || !wantsDomains(wanted.release);
  const accessoriesStay =
    missingAccessories(host, wanted.release).length === 0 && outdatedAccessories(task).length === 0;
  const needless = how === 'start' && edgeStays && edgeBack === undefined && frontStays && accessoriesStay;
  return needless ? [] : [step({ kind: 'pull', release: wanted.release.id })];
}

/** From here on another run knows of the release; if this one fails, the one that was accepted before is so still. */
function recordStep({ host, wanted }: HostTask): Step {
  const release = wanted.release.id;
  return step({ kind: 'record', release }, { kind: 'turned-back', release, previous: host.accepted });
}

/** Commands in a container of the new release. Those before it come when its record and its networks are there. */
function hookSteps({ wanted, slot }: HostTask, when: 'before' | 'after'): readonly Step[] {
  return wanted.hooks[when].map((hook) =>
    step({ kind: 'run', when, release: wanted.release.id, slot, ...hook }),
  );
}

function acceptStep({ host, wanted, previous }: HostTask): Step {
  const release = wanted.release.id;
  const before: ReleaseId | undefined = previous?.id ?? acceptanceOf(host.history, release)?.previous;
  // Taken back before all else: a run that is killed while it takes back must not leave the refused release accepted.
  return step(
    { kind: 'accept', release, previous: before, command: wanted.command },
    { kind: 'turned-back', release, previous: host.accepted },
  );
}

function withoutEmptyStages(plan: HostPlan): HostPlan {
  return Object.fromEntries(Object.entries(plan).filter(([, steps]) => steps.length > 0));
}
