import * as core from '@actions/core';
import type { Log } from '../model/log.ts';
import { escapeWorkflowCommands } from './plain-text.ts';

/**
 * The job's log. Every line is written whole, so lines of hosts that work side by side never mix; what a program printed is
 * no command to the runner.
 */
export const consoleLog: Log = {
  info: (line) => core.info(escapeWorkflowCommands(line)),
  notice: (line) => core.notice(line),
  warning: (line) => core.warning(line),
  debug: (line) => core.debug(line),
};

/** Runs something inside a group of the log; the group ends even when it fails. */
export async function group<Result>(title: string, what: () => Promise<Result>): Promise<Result> {
  core.startGroup(title);
  try {
    return await what();
  } finally {
    core.endGroup();
  }
}

/** Lines that few readers want, folded away in the job's log. */
export function logCollapsed(title: string, lines: readonly string[]): void {
  core.startGroup(title);
  for (const line of lines) consoleLog.info(line);
  core.endGroup();
}
