import type { ActionContext } from './action-context.ts';
import { checkApproval, checkEnvironmentRules, type GatePurpose } from './gate/check-approval.ts';
import { GITHUB_TIMES, type GitHubOptions } from './gate/github.ts';
import { createStaleCommitCheck, type StaleCommitCheck } from './gate/stale-commit.ts';
import type { AppEnvironment } from './model/app-environment.ts';
import type { Approval } from './model/approval.ts';
import type { GateOptions } from './model/deploy-options.ts';
import { messageOf, SealiftError } from './model/errors.ts';
import { inputSetting } from './model/input-ref.ts';
import type { Command, GateRequest } from './model/request.ts';
import { approvalText } from './report/approval-text.ts';
import { group } from './report/console.ts';
import { sentence } from './report/text-format.ts';
import { githubVariables } from './run/github-variables.ts';

/** What is asked of the gate, whatever the command and wherever it goes. */
interface GatedRequest {
  readonly command: Command;
  readonly destination: AppEnvironment;
  readonly gate: GateOptions;
}

/** What a command wants that is not a deploy, as the texts about approvals name it. */
const PURPOSES: Readonly<Partial<Record<Command, GatePurpose>>> = {
  remove: 'removal',
  unlock: 'break of a lock',
};

/**
 * Checks the approval of this run before a host or a registry is touched, and reports it.
 * @returns `undefined` in a dry run: it changes nothing, so it needs no approval
 * @throws SealiftError if the run is not approved; for a rollback it says how to do without
 */
export async function requireApproval(
  { command, destination, gate }: GatedRequest,
  dryRun: boolean,
  context: ActionContext,
): Promise<Approval | undefined> {
  if (dryRun) return undefined;
  try {
    const approval = await group('Check the approval', async () => {
      const purpose = PURPOSES[command] ?? 'deploy';
      const checked = await checkApproval(destination.environment, purpose, gate, githubOptions(context));
      logApproval(checked, context);
      return checked;
    });
    context.report.set({ approval });
    return approval;
  } catch (error) {
    // Outside a job, the error says that already.
    const isInJob = githubVariables().runId !== undefined;
    if (command !== 'rollback' || !isInJob || !(error instanceof SealiftError)) throw error;
    throw new SealiftError(
      `${sentence(messageOf(error))} In an emergency, set ${inputSetting('approval', 'off')} to roll back without an approval. The summary and the records will say so.`,
      { cause: error, evidence: error.evidence },
    );
  }
}

/** Checks and reports the environment of a later job. */
export async function requireEnvironmentRules(
  { environment, gate }: GateRequest,
  context: ActionContext,
): Promise<void> {
  await group('Check the environment', async () => {
    const approval = await checkEnvironmentRules(environment, gate, githubOptions(context));
    logApproval(approval, context);
    context.report.set({ approval });
  });
}

/** How a command asks GitHub. */
export const githubOptions = ({ log, signal }: ActionContext): GitHubOptions => ({
  log,
  signal,
  ...GITHUB_TIMES,
});

/** Whether a request's commit is older than what is live: to be asked before anything is changed. */
export const staleCommitCheckOf = (
  { gate, allowDowngrade }: { readonly gate: GateOptions; readonly allowDowngrade: boolean },
  context: ActionContext,
): StaleCommitCheck =>
  createStaleCommitCheck(gate.token, allowDowngrade, {
    ...githubOptions(context),
    ...{ repository: context.commit.repository, workspace: process.cwd() },
  });

/** What was not checked must not be overlooked. */
function logApproval(approval: Approval, { log }: ActionContext): void {
  const text = approvalText(approval);
  if (approval.kind === 'off' || approval.kind === 'not-on-github') log.notice(text);
  else log.info(text);
}
