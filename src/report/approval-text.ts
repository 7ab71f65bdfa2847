import type { Approval } from '../model/approval.ts';
import { oneLine } from '../model/plain-text.ts';
import { joinWithAnd } from '../model/text.ts';

/** Who approved a run, or why nobody was asked: one line. Pure. */
export function approvalText(approval: Approval): string {
  switch (approval.kind) {
    case 'approved': {
      const approvers = approval.approvers.map(
        ({ login, comment }) => `@${login}${comment === undefined ? '' : ` ("${oneLine(comment)}")`}`,
      );
      return `Approved by ${joinWithAnd(approvers)}${rulesText(approval.rules)}`;
    }
    case 'awaited':
      return `A job in this environment waits for an approval${rulesText(approval.rules)}`;
    case 'unprotected':
      return `Nobody was asked: the environment has no required reviewers${rulesText(approval.rules)}`;
    case 'off':
      return 'Nobody was asked: approval is off';
    case 'not-on-github':
      return 'Nobody was asked: this is not a job of GitHub Actions';
  }
}

/** The same as a word or two: `@mona`, `approval off`. */
export function approvalWord(approval: Approval | undefined): string {
  if (approval === undefined) return '–';
  const words = {
    awaited: 'awaited',
    unprotected: 'no reviewers',
    off: 'approval off',
    'not-on-github': 'not asked',
  } as const;
  return approval.kind === 'approved'
    ? joinWithAnd(approval.approvers.map(({ login }) => `@${login}`))
    : words[approval.kind];
}

const rulesText = (rules: readonly string[]): string =>
  rules.length === 0 ? '' : `. Rules: ${rules.join('; ')}`;
