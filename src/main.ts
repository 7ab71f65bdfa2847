import type { ActionContext } from './action-context.ts';
import { build } from './commands/build.ts';
import { gate } from './commands/gate.ts';
import { logs } from './commands/logs.ts';
import { targetCommands } from './commands/target-commands.ts';
import { readCommitContext } from './image/commit-context.ts';
import { rejectUncommittedChanges } from './image/uncommitted-changes.ts';
import { readRequest } from './inputs/request.ts';
import { configurationMessage } from './model/input-ref.ts';
import { wasCancelled } from './model/place-words.ts';
import type { Command, Requests } from './model/request.ts';
import { consoleLog, currentReporter } from './report/console.ts';
import type { Reports } from './report/report.ts';
import { emptyReport, ReportDraft } from './report/report-draft.ts';
import { reportFailure } from './report-failure.ts';
import { markPrograms } from './run/left-programs.ts';
import { outliveReaders } from './run/lost-output.ts';
import { createProgramRunner } from './run/run-program.ts';
import { createStepFolder, removeStepFolder, STEP_FOLDER_STATE } from './run/step-folder.ts';

/**
 * The entry point of every command: reads the inputs, runs the command, and reports how it ended.
 * @param atTerminal whether a person runs it, and not a job of GitHub
 * @returns the error that made it fail; it is reported already
 */
export async function runAction<Each extends Command>(command: Each, atTerminal = false): Promise<unknown> {
  const startedAt = performance.now();
  const commit = await readCommitContext();
  const report = new ReportDraft(emptyReport(command, commit));
  const cancelled = new AbortController();
  const folder = await createStepFolder();
  const { mask, saveState, publish } = currentReporter();
  saveState(STEP_FOLDER_STATE, folder);
  markPrograms(folder);
  const onSignal = (): void => cancelled.abort(new Error(`${wasCancelled()}.`));
  // Nobody follows a log that nobody reads. All else is finished.
  outliveReaders(command === 'logs' ? onSignal : undefined);
  // SIGHUP: the terminal of a person is gone.
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal).once('SIGHUP', onSignal);
  try {
    const { request, warnings } = readRequest(command, mask, atTerminal);
    for (const warning of warnings) consoleLog.warning(configurationMessage(warning));
    if (atTerminal) await rejectUncommittedChanges(request, process.cwd());
    await COMMANDS[command](request, {
      run: createProgramRunner(consoleLog),
      log: consoleLog,
      folder,
      commit,
      triggeredBy: { actor: commit.actor, runUrl: commit.runUrl },
      report,
      signal: cancelled.signal,
    });
    return undefined;
  } catch (error) {
    reportFailure(error, report);
    return error;
  } finally {
    report.setHead({ durationMs: Math.round(performance.now() - startedAt) });
    try {
      await publish(report.current);
    } finally {
      await removeStepFolder(folder);
    }
    // A download of @actions/tool-cache can't be ended: the process would last as long as it does.
    if (cancelled.signal.aborted) process.exit();
  }
}

type Commands = {
  readonly [Each in Command]: (
    request: Requests[Each],
    context: ActionContext<Reports[Each]>,
  ) => Promise<void>;
};

const COMMANDS: Commands = {
  ...targetCommands,
  build,
  logs,
  // What few runs need is loaded where it is used: every run would pay for it.
  export: async (request, context) => (await import('./commands/export.ts')).exportArchive(request, context),
  import: async (request, context) => (await import('./commands/import.ts')).importArchive(request, context),
  gate,
};
