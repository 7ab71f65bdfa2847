import type { HostName } from '../model/identifiers.ts';
import type { StepReport } from './step-report.ts';

/** A step that was executed. */
export type CompletedStep = StepReport & { readonly startMs: number; readonly durationMs: number };

export const completedSteps = (steps: readonly StepReport[]): readonly CompletedStep[] =>
  steps.filter((step): step is CompletedStep => step.startMs !== undefined && step.durationMs !== undefined);

/** Whether a step failed by itself, and was not only ended because another one did. */
export const hasFailed = ({ ok, aborted }: StepReport): boolean => ok === false && aborted !== true;

/** Milliseconds since the plan began; 0 without steps. Not by Math.min of all, which takes only so many arguments. */
export const startOf = ([first, ...others]: readonly CompletedStep[]): number =>
  others.reduce((start, { startMs }) => Math.min(start, startMs), first?.startMs ?? 0);

/** The same for the end of the last one. */
export const endOf = (steps: readonly CompletedStep[]): number =>
  steps.reduce((end, { startMs, durationMs }) => Math.max(end, startMs + durationMs), 0);

/** The name of each host without scheme and user, unless another host has the same. */
export function shortHostNames(hosts: readonly HostName[]): (host: HostName) => string {
  const bare = (name: string): string => name.replace(/^\w+:\/\/(?:[^@/]*@)?/, '');
  const namesakes = Map.groupBy(new Set(hosts), bare);
  return (host) => {
    const short = bare(host);
    return short !== '' && namesakes.get(short)?.length === 1 ? short : host;
  };
}
