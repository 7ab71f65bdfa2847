import { readFileSync } from 'node:fs';
import * as core from '@actions/core';
import type { ActionContext } from './action-context.ts';
import { build } from './commands/build.ts';
import { clusterStatus } from './commands/cluster-status.ts';
import { deliver } from './commands/deliver.ts';
import { deliverToCluster } from './commands/deliver-to-cluster.ts';
import { gate } from './commands/gate.ts';
import { remove } from './commands/remove.ts';
import { rollback } from './commands/rollback.ts';
import { rollbackCluster } from './commands/rollback-cluster.ts';
import { status } from './commands/status.ts';
import { readCommitContext } from './image/commit-context.ts';
import { isDeclaredInput } from './inputs/declared-inputs.ts';
import { readRequest } from './inputs/request.ts';
import type { ActionRequest, Command } from './model/request.ts';
import { failureAnnotations } from './report/annotations.ts';
import { annotateFailure, consoleLog } from './report/console.ts';
import { failureText } from './report/failures.ts';
import { publishReport } from './report/outputs.ts';
import { ReportDraft } from './report/report-draft.ts';
import { githubVariables } from './run/github-variables.ts';
import { createProgramRunner } from './run/run-program.ts';
import { createStepFolder, removeStepFolder, STEP_FOLDER_STATE } from './run/step-folder.ts';

/** The entry point of every action: reads the inputs, runs the command, and reports how it ended. */
export async function runAction(command: Command): Promise<void> {
  const startedAt = performance.now();
  const commit = await readCommitContext();
  const report = new ReportDraft(command, commit);
  const cancelled = new AbortController();
  const folder = await createStepFolder();
  core.saveState(STEP_FOLDER_STATE, folder);
  const onSignal = (): void => cancelled.abort(new Error('The job was cancelled.'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const { request, warnings } = readRequest(command);
    for (const warning of warnings) consoleLog.warning(warning);
    await runCommand(request, {
      run: createProgramRunner(consoleLog),
      log: consoleLog,
      folder,
      commit,
      triggeredBy: { actor: commit.actor, runUrl: commit.runUrl },
      report,
      signal: cancelled.signal,
    });
  } catch (error) {
    const { cause, headline, details, lines } = failureText(error, report.current.state);
    for (const line of lines) consoleLog.info(line);
    report.set({ error: cause, details });
    const sources = { isInput: isDeclaredInput, workflowJob: githubVariables(), readText: readCheckoutFile };
    for (const annotation of failureAnnotations(error, headline, report.current, sources))
      annotateFailure(annotation);
  } finally {
    report.set({ durationMs: Math.round(performance.now() - startedAt) });
    try {
      await publishReport(report.current);
    } finally {
      await removeStepFolder(folder);
    }
    // A download of @actions/tool-cache can't be ended: the process would last as long as it does.
    if (cancelled.signal.aborted) process.exit();
  }
}

function runCommand(request: ActionRequest, context: ActionContext): Promise<void> {
  switch (request.command) {
    case 'deliver':
    case 'deploy':
      return request.orchestrator === 'docker'
        ? deliver(request, context)
        : deliverToCluster(request, context);
    case 'build':
      return build(request, context);
    case 'rollback':
      return request.orchestrator === 'docker'
        ? rollback(request, context)
        : rollbackCluster(request, context);
    case 'status':
      return request.orchestrator === 'docker' ? status(request, context) : clusterStatus(request, context);
    case 'remove':
      return remove(request, context);
    case 'gate':
      return gate(request, context);
  }
}

function readCheckoutFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
