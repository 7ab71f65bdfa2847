/** Whether the environment must have required reviewers, may have them, or is not asked. */
export const APPROVAL_MODES = ['required', 'if-protected', 'off'] as const;
export type ApprovalMode = (typeof APPROVAL_MODES)[number];

/** A reviewer who approved a run, with the comment that belongs to it. */
export interface Approver {
  readonly login: string;
  readonly comment: string | undefined;
}

/**
 * What is known of the approval of a run. It is recorded with what the run did.
 * - approved: reviewers of the environment approved the run
 * - awaited: the environment has required reviewers, and this job does not run in it (the action gate)
 * - unprotected: the environment has no required reviewers, and none were demanded
 * - off: the user switched the check off
 * - not-on-github: there is no GitHub to ask, and no approval was demanded
 */
export type Approval =
  | { readonly kind: 'approved'; readonly approvers: readonly Approver[]; readonly rules: readonly string[] }
  | { readonly kind: 'awaited' | 'unprotected'; readonly rules: readonly string[] }
  | { readonly kind: 'off' | 'not-on-github' };
