import type { HostName } from '../../../src/model/identifiers.ts';
import type { Action } from '../../../src/plan/actions.ts';
import type { Outcome } from '../../../src/plan/outcome.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { executePlan } from '../../../src/rollout/execute-plan.ts';
import type {
  ExecutionOptions,
  ExecutionProgress,
  HostOperations,
} from '../../../src/rollout/execution-options.ts';
import type { HostContext } from '../../../src/rollout/host-context.ts';
import { MemoryEngine } from './memory-engine.ts';
import { testHostContext } from './watched-engine.ts';

/** What a test lets an action do to a host. */
export type Perform = (host: HostName, action: Action, signal: AbortSignal) => Promise<string | undefined>;

/** The parts of an execution that a test replaces. */
export type ExecutionChanges = Partial<
  Pick<ExecutionOptions, 'verify' | 'signal' | 'repeat'> &
    ExecutionProgress &
    Pick<HostOperations, 'collectEvidence' | 'reachabilityAfterRollback'> & {
      readonly runState: Partial<HostContext['runState']>;
      readonly lock: HostContext['lock'];
    }
>;

/** Executes a plan on hosts on which `perform` takes the place of the real actions. */
export function executeWith(plan: Plan, perform: Perform, changes: ExecutionChanges = {}): Promise<Outcome> {
  const signal = changes.signal ?? new AbortController().signal;
  const progress: ExecutionProgress = {
    onStageStart: changes.onStageStart ?? (() => undefined),
    onStepStart: changes.onStepStart ?? (() => undefined),
    onStepEnd: changes.onStepEnd ?? (() => undefined),
    onWait: changes.onWait ?? (() => undefined),
  };
  const contexts = new Map([...plan.hosts.keys()].map((host) => [host, contextOf(host, signal, changes)]));
  return executePlan(
    plan,
    contexts,
    { verify: changes.verify, progress, signal, ...(changes.repeat && { repeat: changes.repeat }) },
    {
      performAction: (context, action) => perform(context.engine.host, action, context.signal),
      collectEvidence: changes.collectEvidence ?? (() => Promise.resolve([])),
      reachabilityAfterRollback: changes.reachabilityAfterRollback ?? (() => Promise.resolve(undefined)),
    },
  );
}

function contextOf(host: HostName, signal: AbortSignal, { runState, lock }: ExecutionChanges): HostContext {
  const context = testHostContext(new MemoryEngine(host), signal);
  return { ...context, ...(lock && { lock }), runState: { ...context.runState, ...runState } };
}
