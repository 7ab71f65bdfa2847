import type { CommitContext } from './image/commit-context.ts';
import type { Initiator } from './model/initiator.ts';
import type { StepContext } from './model/step-context.ts';
import type { Report } from './report/report.ts';
import type { ReportDraft } from './report/report-draft.ts';

/** What every command needs, whatever it does. */
export interface ActionContext<Body extends Report = Report> extends StepContext {
  readonly commit: CommitContext;
  readonly triggeredBy: Initiator;
  /** Filled while the command runs. */
  readonly report: ReportDraft<Body>;
  /** Aborted when the job is cancelled. */
  readonly signal: AbortSignal;
}
