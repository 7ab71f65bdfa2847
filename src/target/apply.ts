import { SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/host.ts';
import { type Action, COMMITTED, type Plan, STAGES, type StageName, type Step } from '../plan/steps.ts';
import type { Evidence, Failure, Outcome, StepResult } from './outcome.ts';

/** Does one action to one host; answers a line about what was found. */
export type Perform = (host: HostName, action: Action, signal: AbortSignal) => Promise<string | undefined>;

export interface Hooks {
  /** Asks the whole from outside once every host has switched; throws when it does not answer as expected. */
  readonly verify: (() => Promise<string | undefined>) | undefined;
  /** Told as each step begins and ends, for the log. */
  readonly began: (host: HostName, stage: StageName, action: Action) => void;
  readonly ended: (result: StepResult, error: unknown) => void;
  /** What the performer gathered about failed containers. */
  readonly evidence: () => readonly Evidence[];
  /** Aborted when the job is cancelled: the step at hand ends and everything is taken back. */
  readonly signal: AbortSignal;
}

interface Attempt {
  readonly host: HostName;
  readonly step: Step;
}

/**
 * Carries out a plan: stage by stage, the hosts of a stage side by side. When anything fails before the release is accepted
 * everywhere, every step that was begun on any host is taken back, last first.
 */
export async function apply(plan: Plan, perform: Perform, hooks: Hooks): Promise<Outcome> {
  const began = performance.now();
  const steps: StepResult[] = [];
  const attempts: Attempt[] = [];
  const warnings: string[] = [];

  const doOne = async (
    host: HostName,
    stage: StageName,
    action: Action,
    signal: AbortSignal,
  ): Promise<void> => {
    const at = performance.now() - began;
    hooks.began(host, stage, action);
    const finish = (ok: boolean, note: string | undefined, error: unknown): void => {
      const result = { host, stage, action, at, took: performance.now() - began - at, ok, note };
      steps.push(result);
      hooks.ended(result, error);
    };
    try {
      finish(true, await perform(host, action, signal), undefined);
    } catch (error) {
      finish(false, undefined, error);
      throw error;
    }
  };

  const runStage = async (host: HostName, stage: StageName): Promise<Failure | undefined> => {
    for (const step of plan.hosts.get(host)?.[stage] ?? []) {
      if (hooks.signal.aborted) return { host, stage, action: step.action, error: cancelled() };
      // Noted before it is done: a step that fails half-way is taken back as well.
      attempts.push({ host, step });
      try {
        await doOne(host, stage, step.action, hooks.signal);
      } catch (error) {
        return { host, stage, action: step.action, error };
      }
    }
    return undefined;
  };

  const takeBack = async (host: HostName, stage: StageName): Promise<Failure[]> => {
    const left: Failure[] = [];
    const unhurried = new AbortController().signal;
    const mine = attempts.filter((attempt) => attempt.host === host).reverse();
    for (const action of mine.flatMap((attempt) => attempt.step.undo)) {
      try {
        await doOne(host, stage, action, unhurried);
      } catch (error) {
        left.push({ host, stage, action, error });
      }
    }
    return left;
  };

  const hosts = [...plan.hosts.keys()];
  for (const stage of STAGES) {
    const failures = (await Promise.all(hosts.map((host) => runStage(host, stage)))).filter(
      (failure) => failure !== undefined,
    );
    if (failures.length === 0 && stage === 'verify' && hooks.verify !== undefined) {
      try {
        await hooks.verify();
      } catch (error) {
        failures.push({ host: undefined, stage, action: undefined, error });
      }
    }
    if (failures.length === 0) continue;
    if (COMMITTED.has(stage)) {
      warnings.push(
        ...failures.map(
          ({ host, error }) => `${host ?? ''}: ${error instanceof Error ? error.message : String(error)}`,
        ),
      );
      continue;
    }
    const left = (await Promise.all(hosts.map((host) => takeBack(host, stage)))).flat();
    return { kind: 'turned-back', steps, failures, evidence: hooks.evidence(), left };
  }
  return { kind: 'done', steps, warnings };
}

function cancelled(): SealiftError {
  return new SealiftError('The job was cancelled.');
}
