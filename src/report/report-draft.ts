import type { Report } from './report.ts';
import { NOTHING_CHANGED_TEXT } from './text-format.ts';

/** What is true until a command has changed something. */
const INITIAL_STATE: Readonly<Record<Report['command'], string>> = {
  deliver: 'Nothing was deployed.',
  deploy: 'Nothing was deployed.',
  build: 'Nothing was pushed.',
  rollback: NOTHING_CHANGED_TEXT,
  status: NOTHING_CHANGED_TEXT,
  remove: 'Nothing was removed.',
  gate: 'Nothing was deployed.',
};

/**
 * The report of a run while the command fills it in, so that a failure still reports all that is known. An empty one reports
 * a failure that changed nothing.
 */
export class ReportDraft {
  #report: Report;

  constructor(command: Report['command'], { actor, runUrl }: Partial<Pick<Report, 'actor' | 'runUrl'>>) {
    this.#report = {
      command,
      result: 'failed',
      error: undefined,
      details: [],
      state: INITIAL_STATE[command],
      approval: undefined,
      app: undefined,
      environment: undefined,
      orchestrator: 'docker',
      release: undefined,
      previous: undefined,
      previousRevision: undefined,
      live: undefined,
      revision: undefined,
      images: {},
      tags: [],
      build: undefined,
      strategy: undefined,
      hosts: [],
      history: [],
      removed: [],
      steps: [],
      environmentUrl: undefined,
      answer: undefined,
      evidence: [],
      warnings: [],
      actor,
      runUrl,
      rollbackWorkflow: undefined,
      startedAt: new Date().toISOString(),
      durationMs: 0,
    };
  }

  /** The report as it is now. */
  get current(): Report {
    return this.#report;
  }

  /** Replaces some of its fields. */
  set(fields: Partial<Report>): void {
    this.#report = { ...this.#report, ...fields };
  }

  addWarnings(warnings: readonly string[]): void {
    this.set({ warnings: [...this.#report.warnings, ...warnings] });
  }
}
