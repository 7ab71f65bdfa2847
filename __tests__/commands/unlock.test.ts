import { expect, test } from '@jest/globals';
import { reportLocks } from '../../src/commands/unlock.ts';
import { HostError } from '../../src/model/errors.ts';
import type { HostName } from '../../src/model/identifiers.ts';
import type { ReportedFailure } from '../../src/report/failures.ts';
import { emptyReport, ReportDraft } from '../../src/report/report-draft.ts';
import { remember } from '../image/support/build.ts';
import { hostName } from '../support/identifiers.ts';

const [one, two] = [hostName('ssh://one'), hostName('ssh://two')];
const owner = { actor: 'mona', runUrl: undefined };
const locked = (host: HostName) => ({
  host,
  held: { owner, since: '2026-01-31T12:00:00Z', isExpired: false },
});
const free = (host: HostName) => ({ host, held: undefined });
const lost = (host: HostName): ReportedFailure => ({ host, error: new HostError(host, 'no answer') });

test.each([
  ['a dry run finds no lock', [free(one)], [], true, 'unchanged', 'shop-test is not locked.'],
  ['a dry run finds a lock', [locked(one)], [], true, 'planned', 'shop-test stays locked.'],
  [
    'a host can not be asked',
    [],
    [lost(one)],
    true,
    'failed',
    'Whether shop-test is locked on ssh://one is not known.',
  ],
  [
    'one of two hosts can not be asked',
    [free(one)],
    [lost(two)],
    true,
    'failed',
    'Whether shop-test is locked on ssh://two is not known.',
  ],
  [
    'the other one is locked',
    [locked(one)],
    [lost(two)],
    true,
    'failed',
    'shop-test stays locked on ssh://one. Whether shop-test is locked on ssh://two is not known.',
  ],
  [
    'the other one is unlocked',
    [locked(one)],
    [lost(two)],
    false,
    'failed',
    'shop-test is unlocked on ssh://one. Whether shop-test is locked on ssh://two is not known.',
  ],
  [
    'all are unlocked',
    [locked(one)],
    [],
    false,
    'unlocked',
    'shop-test is unlocked. The next deploy or rollback repairs what the other run has left.',
  ],
] as const)('%s', (_, results, failures, dryRun, result, state) => {
  const [report, log] = [new ReportDraft(emptyReport('unlock', {})), remember()];
  const context = { report, log };
  const run = (): void => reportLocks('shop-test', { results, failures }, dryRun, context);
  if (failures.length > 0) expect(run).toThrow('no answer');
  else run();
  expect(report.current).toMatchObject({ result, state });
});
