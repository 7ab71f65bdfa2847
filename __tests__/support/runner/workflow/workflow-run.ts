import type { JobResult, StepRun } from './run-steps.ts';
import type { Values } from './settings.ts';

/** A job that came to an end or was skipped. */
export interface JobRun {
  /** After the names of the calling jobs, as GitHub shows it: `deliver / staging`. */
  readonly name: string;
  readonly result: JobResult;
  readonly outputs: Values;
  readonly environment?: { readonly name: string; readonly url: string };
  /** Its concurrency group. */
  readonly group?: string;
  readonly steps: readonly StepRun[];
}

/** A workflow that came to its end. */
export class WorkflowRun {
  /** In the order in which they ended; jobs of called workflows are among them. */
  readonly jobs: readonly JobRun[];

  constructor(jobs: readonly JobRun[]) {
    this.jobs = jobs;
  }

  get results(): Readonly<Record<string, JobResult>> {
    return Object.fromEntries(this.jobs.map(({ name, result }) => [name, result]));
  }

  /** @throws Error if there is no such job, with the names of those that there are */
  job(name: string): JobRun {
    const found = this.jobs.find((job) => job.name === name);
    if (found === undefined) throw new Error(`There is no job ${name}, but ${Object.keys(this.results)}.`);
    return found;
  }

  /** The log of a job: of all its steps. */
  log(name: string): string {
    return this.job(name)
      .steps.flatMap(({ log }) => (log === '' ? [] : [log]))
      .join('\n');
  }

  /** @throws Error with the log of a job that failed */
  succeeded(): this {
    for (const { name, result } of this.jobs) {
      if (result === 'failure') throw new Error(`The job ${name} failed:\n${this.log(name)}`);
    }
    return this;
  }
}
