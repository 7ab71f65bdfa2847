import type { Functions } from '../expressions.ts';
import { needsOf, type WorkflowDefinition } from './definition.ts';
import type { JobResult } from './run-steps.ts';

/** All jobs that a job waits for, with those that these wait for. */
export function ancestorsOf(id: string, workflow: WorkflowDefinition): readonly string[] {
  const found = new Set<string>();
  const visit = (job: string): void => {
    for (const need of needsOf(workflow.jobs[job] ?? {})) {
      if (found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(id);
  return [...found];
}

/**
 * The status functions of a job's condition, from the results of its ancestors. A skipped one is no success, even if the jobs
 * between have succeeded (github.com/actions/runner/issues/491).
 */
export function statusOf(results: readonly (JobResult | undefined)[]): Functions {
  return {
    success: () => results.every((result) => result === 'success'),
    failure: () => results.includes('failure'),
    cancelled: () => false,
    always: () => true,
  };
}
