import * as core from '@actions/core';
import { build } from './build.ts';
import { deliver } from './deliver.ts';
import type { House } from './house.ts';
import { readCommit } from './image/context.ts';
import { readRequest } from './inputs.ts';
import type { Command, Request } from './model/request.ts';
import { consoleLog } from './report/console.ts';
import { draftReport } from './report/draft.ts';
import { failureLines } from './report/lines.ts';
import { publish } from './report/outputs.ts';
import { rollback } from './rollback.ts';
import { runner } from './run/run.ts';
import { status } from './status.ts';
import { FOLDER, makeFolder, removeFolder } from './step-folder.ts';

/** The door that the runner knocks at for each of the actions: reads, lets the story be told, reports how it ended. */
export async function run(command: Command): Promise<void> {
  const began = performance.now();
  const commit = await readCommit();
  const report = draftReport(command, commit.runUrl);
  const cancelled = new AbortController();
  const folder = await makeFolder();
  core.saveState(FOLDER, folder);
  const onSignal = (): void => cancelled.abort(new Error('The job was cancelled.'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const { request, warnings } = readRequest(command);
    for (const warning of warnings) core.warning(warning);
    const tools = { run: runner(consoleLog), log: consoleLog, folder };
    await tell(request, {
      tools,
      commit,
      by: { actor: commit.actor, runUrl: commit.runUrl },
      report,
      signal: cancelled.signal,
    });
  } catch (error) {
    const { cause, headline, details, lines } = failureLines(error, report.state);
    for (const line of lines) core.info(line);
    Object.assign(report, { error: cause, details });
    core.setFailed(headline);
  } finally {
    report.took = Math.round(performance.now() - began);
    try {
      await publish(report);
    } finally {
      await removeFolder(folder);
    }
  }
}

function tell(request: Request, house: House): Promise<void> {
  switch (request.command) {
    case 'deliver':
    case 'deploy':
      return deliver(request, house);
    case 'build':
      return build(request, house);
    case 'rollback':
      return rollback(request, house);
    case 'status':
      return status(request, house);
  }
}
