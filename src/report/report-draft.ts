import type { Command } from '../model/request.ts';
import type { DeploymentReport, Report, ReportHead, Reports } from './report.ts';
import { NOTHING_CHANGED_TEXT } from './text-format.ts';

/** What is true until a command has changed something. */
const INITIAL_STATE: Readonly<Record<Command, string>> = {
  deliver: 'Nothing was deployed.',
  deploy: 'Nothing was deployed.',
  build: 'Nothing was pushed.',
  rollback: NOTHING_CHANGED_TEXT,
  status: NOTHING_CHANGED_TEXT,
  remove: 'Nothing was removed.',
  unlock: 'Nothing was unlocked.',
  logs: NOTHING_CHANGED_TEXT,
  export: 'Nothing was exported.',
  import: 'Nothing was deployed.',
  gate: 'Nothing was deployed.',
};

type EmptyReports = { readonly [Each in Command]: (head: ReportHead) => Reports[Each] };

const EMPTY_REPORTS: EmptyReports = {
  deliver: (head) => emptyDeployment('deliver', head),
  deploy: (head) => emptyDeployment('deploy', head),
  rollback: (head) => emptyDeployment('rollback', head),
  import: (head) => emptyDeployment('import', head),
  build: (head) => ({
    ...head,
    ...({ command: 'build', result: 'failed' } as const),
    ...{ revision: undefined, images: {}, tags: [], build: undefined },
  }),
  status: (head) => ({
    ...head,
    ...({ command: 'status', result: 'failed' } as const),
    ...{ release: undefined, previous: undefined, live: undefined, revision: undefined },
    ...{ images: {}, hosts: [], history: [] },
  }),
  remove: (head) => ({
    ...head,
    ...({ command: 'remove', result: 'failed' } as const),
    ...{ approval: undefined, hosts: [], steps: [] },
  }),
  unlock: (head) => ({
    ...head,
    ...({ command: 'unlock', result: 'failed', approval: undefined, locks: [] } as const),
  }),
  logs: (head) => ({ ...head, ...({ command: 'logs', result: 'failed', printed: [] } as const) }),
  export: (head) => ({
    ...head,
    ...({ command: 'export', result: 'failed' } as const),
    ...{ release: undefined, revision: undefined, images: {}, tags: [], archive: undefined },
  }),
  gate: (head) => ({ ...head, ...({ command: 'gate', result: 'failed', approval: undefined } as const) }),
};

function emptyDeployment(command: DeploymentReport['command'], head: ReportHead): DeploymentReport {
  return {
    ...head,
    command,
    result: 'failed',
    approval: undefined,
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
    removed: [],
    steps: [],
    environmentUrl: undefined,
    answer: undefined,
    evidence: [],
    warnings: [],
    rollbackWorkflow: undefined,
    rollbackHint: undefined,
  };
}

/** The report of a command that has failed before it changed anything. */
export function emptyReport<Each extends Command>(
  command: Each,
  { actor, runUrl }: Partial<Pick<Report, 'actor' | 'runUrl'>>,
): Reports[Each] {
  return EMPTY_REPORTS[command]({
    error: undefined,
    details: [],
    state: INITIAL_STATE[command],
    app: undefined,
    environment: undefined,
    orchestrator: 'docker',
    actor,
    runUrl,
    startedAt: new Date().toISOString(),
    durationMs: 0,
  });
}

/** The report of a run while the command fills it in, so that a failure still reports all that is known. */
export class ReportDraft<Body extends Report = Report> {
  #report: Body;

  /** @param empty reports a failure that changed nothing */
  constructor(empty: Body) {
    this.#report = empty;
  }

  /** The report as it is now. */
  get current(): Body {
    return this.#report;
  }

  /** Replaces some of its fields. */
  set(fields: Partial<Body>): void {
    this.#report = { ...this.#report, ...fields };
  }

  /** Whatever the command is. */
  setHead(fields: Partial<ReportHead>): void {
    this.#report = { ...this.#report, ...fields };
  }
}

/** Adds warnings to those that the report has. */
export const addWarnings = (report: ReportDraft<DeploymentReport>, warnings: readonly string[]): void =>
  report.set({ warnings: [...report.current.warnings, ...warnings] });
