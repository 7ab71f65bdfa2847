import * as core from '@actions/core';
import type { Log } from '../model/log.ts';
import type { FailureAnnotation } from './annotations.ts';
import { escapeWorkflowCommands } from './log-text.ts';

/**
 * The job's log. Each line is one write, so lines of hosts that work in parallel never mix. Output of a program can't give
 * the runner a command.
 */
export const consoleLog: Log = {
  info: (line) => core.info(escapeWorkflowCommands(line)),
  notice: (line) => core.notice(line),
  warning: (line) => core.warning(line),
  debug: (line) => core.debug(line),
};

/** Fails the step, with an annotation. */
export function annotateFailure({ message, ...properties }: FailureAnnotation): void {
  core.error(message, properties);
  process.exitCode = core.ExitCode.Failure;
}

/** Opens a group of the log. It closes at the end of its scope, also after an error. */
export function openGroup(title: string): Disposable {
  core.startGroup(title);
  return { [Symbol.dispose]: () => core.endGroup() };
}

/** Runs a task inside a group of the log. */
export async function group<Result>(title: string, task: () => Promise<Result>): Promise<Result> {
  using _group = openGroup(title);
  return await task();
}

/** Lines that few readers need, as a closed group of the log. */
export function logCollapsed(title: string, lines: readonly string[]): void {
  using _group = openGroup(title);
  for (const line of lines) consoleLog.info(line);
}
