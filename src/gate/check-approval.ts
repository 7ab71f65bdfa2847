import type { Approval } from '../model/approval.ts';
import type { GateOptions } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import { allOrThrow } from '../run/promises.ts';
import { type EnvironmentRules, readEnvironmentRules } from './environment-rules.ts';
import { openGitHub, workflowRun } from './gate-context.ts';
import type { GitHub, GitHubOptions } from './github.ts';
import { findJobEnvironment } from './job-environment.ts';
import { judgeReviews, requireJobEnvironment, requireRules, reusedApprovalText } from './judge-approval.ts';
import { readReviews } from './reviews.ts';

/** What a job does in its environment. A rollback is a deploy too. */
export type GatePurpose = 'deploy' | 'removal' | 'break of a lock';

/**
 * Checks in a job that deploys or removes whether its environment really held it, and who let it pass. It guards against mistakes: whoever can
 * edit the workflow can switch it off.
 * @throws SealiftError if the run is not approved, or GitHub can't be asked; it says how to change that
 */
export async function checkApproval(
  environment: string,
  purpose: GatePurpose,
  options: GateOptions,
  context: GitHubOptions,
): Promise<Approval> {
  if (options.approval === 'off') return { kind: 'off' };
  const github = await openGitHub(options, context);
  if (github === undefined) return { kind: 'not-on-github' };
  const rules = await readRules(github, environment);
  requireRules(rules, environment, options, `this ${purpose} was not gated`);
  if (!rules.hasReviewers) return { kind: 'unprotected', rules: rules.texts };

  const run = workflowRun();
  const [jobEnvironment, reviews] = await allOrThrow([
    findJobEnvironment(github, options.checkRunId),
    github.listReviews(run.id),
  ]);
  requireJobEnvironment(jobEnvironment, environment);
  const approval = judgeReviews(readReviews(reviews, rules.id), rules, environment, run, options);
  if (run.attempt > 1) context.log.warning(reusedApprovalText(run));
  return approval;
}

/**
 * Checks the environment of a later job, before the mention of it in that job would create it.
 * @throws SealiftError if the environment is missing or its rules are too weak
 */
export async function checkEnvironmentRules(
  environment: string,
  options: GateOptions,
  context: GitHubOptions,
): Promise<Approval> {
  if (options.approval === 'off') return { kind: 'off' };
  const github = await openGitHub(options, context);
  if (github === undefined) return { kind: 'not-on-github' };
  const rules = await readRules(github, environment);
  requireRules(rules, environment, options, 'a deploy would not be gated');
  if (!rules.hasReviewers) return { kind: 'unprotected', rules: rules.texts };
  if (!rules.preventsSelfReview && !options.allowSelfApproval) {
    context.log.notice(
      `In environment "${environment}" GitHub lets people approve a run that they started, but the deploy refuses such an approval. Switch on "Prevent self-review", or set ${inputSetting('allow-self-approval', 'true')} in both steps.`,
    );
  }
  return { kind: 'awaited', rules: rules.texts };
}

async function readRules(github: GitHub, environment: string): Promise<EnvironmentRules> {
  const answer = await github.getEnvironment(environment);
  if (answer !== undefined) return readEnvironmentRules(answer, environment);
  throw new ConfigurationError(
    `Environment "${environment}" does not exist, or the token can't see it (HTTP 404). Create it with required reviewers in Settings → Environments before a job names it: GitHub would create it without protection. If it exists, add "actions: read" to this job's permissions. Without an environment, set ${inputSetting('approval', 'off')}.`,
  );
}
