import type { CommitContext } from './image/context.ts';
import type { Tools } from './model/run.ts';
import type { Draft } from './report/draft.ts';

/** What every story is told in: the tools, the commit, the report that it fills, the signal of a cancelled job. */
export interface House {
  readonly tools: Tools;
  readonly commit: CommitContext;
  readonly by: { readonly actor: string | undefined; readonly runUrl: string | undefined };
  readonly report: Draft;
  readonly signal: AbortSignal;
}
