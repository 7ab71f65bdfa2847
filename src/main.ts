import type { ActionContext } from './action-context.ts';
import { build } from './commands/build.ts';
import { clusterStatus } from './commands/cluster-status.ts';
import { deliver } from './commands/deliver.ts';
import { deliverToCluster } from './commands/deliver-to-cluster.ts';
import { exportArchive } from './commands/export.ts';
import { gate } from './commands/gate.ts';
import { importArchive } from './commands/import.ts';
import { logs } from './commands/logs.ts';
import { remove } from './commands/remove.ts';
import { removeFromCluster } from './commands/remove-from-cluster.ts';
import { rollback } from './commands/rollback.ts';
import { rollbackCluster } from './commands/rollback-cluster.ts';
import { status } from './commands/status.ts';
import { unlock } from './commands/unlock.ts';
import { readCommitContext } from './image/commit-context.ts';
import { readRequest } from './inputs/request.ts';
import type { Command, Requests } from './model/request.ts';
import { consoleLog, currentReporter } from './report/console.ts';
import type { Reports } from './report/report.ts';
import { emptyReport, ReportDraft } from './report/report-draft.ts';
import { reportFailure } from './report-failure.ts';
import { markPrograms } from './run/left-programs.ts';
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
  const onSignal = (): void => cancelled.abort(new Error('The job was cancelled.'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const { request, warnings } = readRequest(command, mask, atTerminal);
    for (const warning of warnings) consoleLog.warning(warning);
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
  deliver: (request, context) =>
    request.orchestrator === 'docker' ? deliver(request, context) : deliverToCluster(request, context),
  deploy: (request, context) =>
    request.orchestrator === 'docker' ? deliver(request, context) : deliverToCluster(request, context),
  build,
  rollback: (request, context) =>
    request.orchestrator === 'docker' ? rollback(request, context) : rollbackCluster(request, context),
  status: (request, context) =>
    request.orchestrator === 'docker' ? status(request, context) : clusterStatus(request, context),
  remove: (request, context) =>
    request.orchestrator === 'docker' ? remove(request, context) : removeFromCluster(request, context),
  unlock,
  logs,
  export: exportArchive,
  import: importArchive,
  gate,
};
