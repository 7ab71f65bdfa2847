import type { Report } from './report.ts';

/** A report while it is being gathered: the story fills in what it learns, so that a failure can still tell all that was known. */
export type ReportDraft = { -readonly [Key in keyof Report]: Report[Key] };

/** The state that things are in when nothing was done yet. */
const INITIAL_STATE: Readonly<Record<Report['command'], string>> = {
  deliver: 'Nothing was deployed.',
  deploy: 'Nothing was deployed.',
  build: 'Nothing was pushed.',
  rollback: 'Nothing was changed.',
  status: 'Nothing was changed.',
};

/** A report of which nothing is known but who asks: as it stands, it tells of a failure that changed nothing. */
export function draftReport(command: Report['command'], runUrl: string | undefined): ReportDraft {
  return {
    command,
    result: 'failed',
    error: undefined,
    details: [],
    state: INITIAL_STATE[command],
    app: undefined,
    environment: undefined,
    release: undefined,
    previous: undefined,
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
    runUrl,
    startedAt: new Date().toISOString(),
    took: 0,
  };
}
