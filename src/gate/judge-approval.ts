import type { Approval } from '../model/approval.ts';
import type { GateOptions } from '../model/deploy-options.ts';
import { ConfigurationError, SealiftError } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import type { EnvironmentRules } from './environment-rules.ts';
import type { Review } from './reviews.ts';

/** The run that asks to deploy. */
export interface WorkflowRun {
  readonly id: number;
  /** From 1; a run that was started again has a higher one. */
  readonly attempt: number;
  /** Who started this attempt. */
  readonly actor: string;
}

/** Where a person changes the rules of an environment. */
const settingsOf = (environment: string): string => `Settings → Environments → ${environment}`;

/**
 * Checks the rules of an environment, whoever may approve. Pure.
 * @param outcome what the environment without reviewers means: `this deploy was not gated`
 * @throws ConfigurationError for rules that are too weak
 */
export function requireRules(
  rules: EnvironmentRules,
  environment: string,
  { approval, strict, allowSelfApproval }: GateOptions,
  outcome: string,
): void {
  if (!rules.hasReviewers) {
    if (approval !== 'required') return;
    throw new ConfigurationError(
      `Environment "${environment}" has no required reviewers. GitHub creates a missing environment without protection, so ${outcome}. Add reviewers in ${settingsOf(environment)}, or set ${inputSetting('approval', 'off')}. (On a private repository, required reviewers need GitHub Enterprise.)`,
    );
  }
  if (!strict) return;
  if (rules.canAdminsBypass !== false) {
    throw new ConfigurationError(
      `Administrators can bypass the rules of environment "${environment}", and that may look like an approval. Switch off "Allow administrators to bypass configured protection rules" in ${settingsOf(environment)}, or set ${inputSetting('strict-approval', 'false')}.`,
    );
  }
  if (!rules.preventsSelfReview && !allowSelfApproval) {
    throw new ConfigurationError(
      `In environment "${environment}" people can approve a run that they started. Switch on "Prevent self-review" in ${settingsOf(environment)}, or set ${inputSetting('allow-self-approval', 'true')}.`,
    );
  }
}

/** @throws ConfigurationError if the job does not run in the environment; then GitHub did not hold it for an approval. Pure. */
export function requireJobEnvironment(found: string | undefined, environment: string): void {
  // docs.github.com, "Managing environments for deployment": environment names are not case sensitive.
  if (found?.toLowerCase() === environment.toLowerCase()) return;
  const where = found === undefined ? 'no environment' : `environment "${found}"`;
  throw new ConfigurationError(
    `This job runs in ${where} but the step is for "${environment}". Set "environment: ${environment}" on the job.`,
  );
}

/**
 * Who approved the run. Pure.
 * @throws SealiftError if nobody did, if somebody rejected it, or if nobody but the person who started it approved it
 */
export function judgeReviews(
  reviews: readonly Review[],
  { texts }: EnvironmentRules,
  environment: string,
  run: WorkflowRun,
  { allowSelfApproval, strict }: GateOptions,
): Approval {
  const rejected = reviews.find(({ state }) => state === 'rejected');
  if (rejected !== undefined) {
    throw new SealiftError(
      `@${rejected.login} rejected this run for environment "${environment}"${commentText(rejected)}. Start a new run to ask again.`,
    );
  }
  const approved = reviews.filter(({ state }) => state === 'approved');
  if (approved.length === 0) {
    throw new SealiftError(
      `Nobody approved this run for environment "${environment}", although it has required reviewers. Start a new run: GitHub holds it for an approval. (An administrator may have bypassed the rules, or they are newer than this run.)`,
    );
  }
  const others = approved.filter(({ login }) => login.toLowerCase() !== run.actor.toLowerCase());
  if (others.length === 0 && !allowSelfApproval) {
    throw new SealiftError(
      `@${run.actor} approved this run for environment "${environment}", but also started it. Let another reviewer approve, or set ${inputSetting('allow-self-approval', 'true')}.`,
    );
  }
  if (strict && run.attempt > 1) {
    throw new SealiftError(
      `${reusedApprovalText(run)} Start a new run instead of running this one again, or set ${inputSetting('strict-approval', 'false')}.`,
    );
  }
  const approvers = (others.length === 0 ? approved : others).map(({ login, comment }) => ({
    login,
    comment,
  }));
  return { kind: 'approved', approvers, rules: texts };
}

/** For a run that was started again. */
export const reusedApprovalText = ({ attempt }: WorkflowRun): string =>
  `This is attempt ${attempt} of the run. GitHub does not say which attempt an approval is for: it may be for an earlier one.`;

const commentText = ({ comment }: Review): string => (comment === undefined ? '' : `: "${comment}"`);
