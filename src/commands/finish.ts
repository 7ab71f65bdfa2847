import type { ActionContext } from '../action-context.ts';
import { readCommitContext } from '../image/commit-context.ts';
import { readRequest } from '../inputs/request.ts';
import type { Command, Requests } from '../model/request.ts';
import { consoleLog, currentReporter } from '../report/console.ts';
import { emptyReport, ReportDraft } from '../report/report-draft.ts';
import type { SavedLock } from '../run/lock-state.ts';
import { createProgramRunner } from '../run/run-program.ts';
import { createStepFolder, removeStepFolder } from '../run/step-folder.ts';
import { finishOnHosts } from './finish-on-hosts.ts';
import { reportedPost } from './report-post.ts';
import { targetOf } from './targets.ts';

/**
 * Finishes what a step left that was killed, where its app runs. The job summary says what was done. Secrets come from the inputs, as for the
 * step itself.
 */
export async function finishKilledStep(locks: readonly SavedLock[]): Promise<void> {
  const [first] = locks;
  if (first === undefined) return;
  const commit = await readCommitContext();
  const folder = await createStepFolder();
  const step = {
    run: createProgramRunner(consoleLog),
    log: consoleLog,
    folder,
    commit,
    triggeredBy: { actor: commit.actor, runUrl: commit.runUrl },
    // The runner cancels no post step. One that runs in a job that was cancelled has as long as it needs.
    signal: new AbortController().signal,
  };
  try {
    const request = await readRequestOf(first.command, step);
    if (request === undefined) return;
    if (request.command === 'import') await finishOnHosts(request, locks, step);
    else if ('orchestrator' in request && request.command !== 'status')
      await (await targetOf(request.orchestrator)).finish(request, locks, step);
  } finally {
    await removeStepFolder(folder);
  }
}

/** What the step wanted. It can't be read if a later step has removed a file that an input names. */
async function readRequestOf(
  command: Command,
  step: Omit<ActionContext, 'report'>,
): Promise<Requests[Command] | undefined> {
  try {
    return readRequest(command, currentReporter().mask).request;
  } catch (error) {
    await reportedPost(
      { ...step, report: new ReportDraft(emptyReport('rollback', step.commit)) },
      async ({ report }) => {
        report.set({ state: UNREADABLE_TEXT });
        throw error;
      },
    );
    return undefined;
  }
}

const UNREADABLE_TEXT =
  'This step was cut short, and its post step can not read its inputs any more. What it left stays as it is until the next deploy or rollback; its lock expires by itself.';
