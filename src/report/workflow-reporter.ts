import * as core from '@actions/core';
import { escapeWorkflowCommands } from './log-text.ts';
import { outputsOf } from './outputs.ts';
import type { Reporter } from './reporter.ts';
import { jobSummary } from './summary.ts';

/** The runner of a job: its log, annotations, outputs and summary. Output of a program can't give the runner a command. */
export const workflowReporter: Reporter = {
  info: (line) => core.info(escapeWorkflowCommands(line)),
  notice: (line) => core.notice(line),
  warning: (line) => core.warning(line),
  debug: (line) => core.debug(line),
  closesGroups: true,
  startGroup: (title) => core.startGroup(title),
  endGroup: () => core.endGroup(),
  error: ({ message, ...properties }) => core.error(message, properties),
  mask: (secret) => core.setSecret(secret),
  saveState: (name, value) => core.saveState(name, value),
  async publish(report) {
    for (const [name, value] of Object.entries(outputsOf(report))) core.setOutput(name, value);
    if (process.env['GITHUB_STEP_SUMMARY'] !== undefined)
      await core.summary.addRaw(jobSummary(report)).write();
  },
};
