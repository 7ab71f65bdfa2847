import type { CommitContext } from './image/commit-context.ts';
import type { Tools } from './model/tools.ts';
import type { ReportDraft } from './report/report-draft.ts';

/** What every command needs, whatever it does. */
export interface ActionContext {
  readonly tools: Tools;
  readonly commit: CommitContext;
  readonly triggeredBy: { readonly actor: string | undefined; readonly runUrl: string | undefined };
  /** Filled while the command runs. */
  readonly report: ReportDraft;
  /** Aborted when the job is cancelled. */
  readonly signal: AbortSignal;
}
