import type { Log } from '../model/log.ts';
import type { FailureAnnotation } from './annotations.ts';
import type { Reporter } from './reporter.ts';
import { workflowReporter } from './workflow-reporter.ts';

let reporter: Reporter = workflowReporter;

/** From now on, this process reports there. */
export function reportTo(other: Reporter): void {
  reporter = other;
}

export const currentReporter = (): Reporter => reporter;

/** Each line is one write, so lines of hosts that work in parallel never mix. */
export const consoleLog: Log = {
  info: (line) => reporter.info(line),
  notice: (line) => reporter.notice(line),
  warning: (line) => reporter.warning(line),
  debug: (line) => reporter.debug(line),
};

/** Fails the step, with an annotation. */
export function annotateFailure(annotation: FailureAnnotation): void {
  reporter.error(annotation);
  process.exitCode ??= 1;
}

/** Opens a group of the log. It closes at the end of its scope, also after an error. */
export function openGroup(title: string): Disposable {
  reporter.startGroup(title);
  return { [Symbol.dispose]: () => reporter.endGroup() };
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
