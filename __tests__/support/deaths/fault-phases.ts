/** The phases of a delivery in which something may happen to a server, the network or the registry. */
import type { ActionKind } from '../../../src/plan/actions.ts';
import type { StepEvent } from './plan-steps.ts';

/** Those before there is a plan. */
const EARLY_PHASES = ['connect', 'build', 'push'] as const;
type EarlyPhase = (typeof EARLY_PHASES)[number];

/** The steps of a plan, whatever their stages are called. */
const PLAN_PHASES = [
  'pull',
  'start',
  'check',
  'switch',
  'bake',
  'final-check',
  'record',
  'drain',
  'stop',
  'prune',
] as const;
type PlanPhase = (typeof PLAN_PHASES)[number];

export const FAULT_PHASES = [...EARLY_PHASES, ...PLAN_PHASES] as const;
export type FaultPhase = (typeof FAULT_PHASES)[number];

/** What is not tried, and why. */
export interface NotTried {
  readonly not: string;
}

/** The line with which a phase begins. */
const LINES: Readonly<Record<EarlyPhase, RegExp>> = {
  connect: /^Read the Compose file$/,
  build: /^\$ docker buildx bake /,
  push: /^#\d+ pushing /,
};

const OPENING: NotTried = { not: 'only where ports, domains or proxies come and go, as in deaths-opening' };
const ADOPTING: NotTried = { not: 'only where an existing deployment is taken over, as in deaths-adopt' };
const OTHERS: NotTried = { not: 'only with another strategy; what is at work there is the same' };

/** In which phase each kind of action is. A new kind needs one. */
export const PHASE_OF: Readonly<Record<ActionKind, PlanPhase | NotTried>> = {
  'pull-images': 'pull',
  'record-release': 'start',
  'start-services': 'start',
  'check-health': 'check',
  'switch-traffic': 'switch',
  'watch-release': 'bake',
  'final-check': 'final-check',
  'accept-release': 'record',
  'drain-traffic': 'drain',
  'stop-services': 'stop',
  'prune-releases': 'prune',
  'split-traffic': OTHERS,
  'balance-replicas': OTHERS,
  'ensure-edge': OPENING,
  'remove-edge': OPENING,
  'try-ports': OPENING,
  'ensure-front': OPENING,
  'remove-unused-front': OPENING,
  'route-domains': OPENING,
  'ensure-accessories': OPENING,
  'try-proxies': OPENING,
  'clear-slot': OPENING,
  'stop-project': ADOPTING,
  'start-project': ADOPTING,
  'run-hook': {
    not: 'a command of the user: it may take hours, and Sealift only waits; deaths-ssh kills it',
  },
  'record-rollback': { not: 'only on the way back, which the faults themselves bring about' },
};

const isEarly = (phase: FaultPhase): phase is EarlyPhase => EARLY_PHASES.some((early) => early === phase);

/**
 * Whether a phase begins with a line of the log.
 * @param seen what the line says about a step of the plan
 */
export function beginsPhase(phase: FaultPhase, line: string, seen: StepEvent | undefined): boolean {
  if (isEarly(phase)) return LINES[phase].test(line);
  // What repairs an earlier run is no phase of this one.
  if (seen?.event !== 'begins' || seen.step.stage === 'recover') return false;
  const phases: Readonly<Record<string, PlanPhase | NotTried>> = PHASE_OF;
  return phases[seen.step.kind] === phase;
}
