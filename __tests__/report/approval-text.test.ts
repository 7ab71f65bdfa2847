import { describe, expect, test } from '@jest/globals';
import type { Approval } from '../../src/model/approval.ts';
import { approvalText, approvalWord } from '../../src/report/approval-text.ts';
import { outputsOf } from '../../src/report/outputs.ts';
import { jobSummary } from '../../src/report/summary.ts';
import { SAMPLES } from './samples.ts';

const rules = ['required reviewers: @hubot', 'no self-review'];
const APPROVED: Approval = {
  kind: 'approved',
  approvers: [
    { login: 'hubot', comment: 'Ship\n::error::it' },
    { login: 'ann', comment: undefined },
  ],
  rules,
};

test.each<[Approval, string, string]>([
  [
    APPROVED,
    'Approved by @hubot ("Ship ::error::it") and @ann. Rules: required reviewers: @hubot; no self-review',
    '@hubot and @ann',
  ],
  [
    { kind: 'awaited', rules },
    'A job in this environment waits for an approval. Rules: required reviewers: @hubot; no self-review',
    'awaited',
  ],
  [
    { kind: 'unprotected', rules: [] },
    'Nobody was asked: the environment has no required reviewers',
    'no reviewers',
  ],
  [{ kind: 'off' }, 'Nobody was asked: approval is off', 'approval off'],
  [{ kind: 'not-on-github' }, 'Nobody was asked: this is not a job of GitHub Actions', 'not asked'],
])('an approval reads as one line, and as a word or two (%#)', (approval, line, word) => {
  expect(approvalText(approval)).toBe(line);
  expect(approvalWord(approval)).toBe(word);
});

describe('the summary', () => {
  test('says who approved a deploy, and under which rules', () => {
    const summary = jobSummary({ ...SAMPLES.deployed, approval: APPROVED });
    expect(summary).toContain('approved by @hubot and @ann');
    expect(summary).toContain('- **Approval** Approved by @hubot');
  });

  test('says in plain sight that the check was off', () => {
    expect(jobSummary({ ...SAMPLES.deployed, approval: { kind: 'off' } })).toContain(
      ' · **approval off** · ',
    );
  });

  test.each<[Approval, string, string]>([
    [{ kind: 'awaited', rules }, '## 🚦 production: a deploy waits for an approval', 'true'],
    [{ kind: 'unprotected', rules: [] }, '## 🚦 production: a deploy does not wait for an approval', 'false'],
  ])('of the action gate says what a deploy does (%#)', (approval, headline, isProtected) => {
    const report = {
      ...SAMPLES.failed,
      ...({ command: 'gate', result: 'checked', error: undefined, details: [] } as const),
      ...{ environment: 'production', app: undefined, approval },
    };
    expect(jobSummary(report)).toContain(headline);
    expect(outputsOf(report)).toMatchObject({ protected: isProtected });
  });
});
