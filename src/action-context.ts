import type { CommitContext } from './image/commit-context.ts';
import type { Tools } from './model/tools.ts';
import type { ReportDraft } from './report/report-draft.ts';

/** What every story is told in: the tools, the commit, the report that it fills, the signal of a cancelled job. */
export interface ActionContext {
  readonly tools: Tools;
  readonly commit: CommitContext;
  readonly triggeredBy: { readonly actor: string | undefined; readonly runUrl: string | undefined };
  readonly report: ReportDraft;
  readonly signal: AbortSignal;
}
