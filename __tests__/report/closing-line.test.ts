import { test } from '@jest/globals';
import { closingLine } from '../../src/report/closing-line.ts';
import type { DeploymentReport } from '../../src/report/report.ts';
import { emptyReport } from '../../src/report/report-draft.ts';
import { releaseId } from '../support/identifiers.ts';
import { expectGolden, sections } from './golden.ts';

const [OLD, NEW] = [releaseId('e5d9842d'), releaseId('51d0524c')];
const deployed: DeploymentReport = {
  ...emptyReport('deploy', {}),
  ...{ result: 'deployed', release: NEW, live: NEW, previous: OLD },
};
const rollbackWorkflow = { file: 'rollback.yml', inputs: [] };

test('the last line of a good run says what is live, where, what was before it, and what goes back', async () => {
  const reports: Readonly<
    Record<string, readonly [hosts: number | undefined, keep: number, changes: Partial<DeploymentReport>]>
  > = {
    'two hosts': [2, 2, {}],
    'one host': [1, 2, {}],
    'a repository with a workflow for rollbacks': [2, 2, { rollbackWorkflow }],
    'a cluster': [undefined, 2, {}],
    'a first deploy': [2, 2, { previous: undefined }],
    'nothing but the live release is kept': [2, 1, {}],
    'a rollback': [2, 2, { command: 'rollback' }],
  };
  const lines = Object.entries(reports).map(
    ([title, [hosts, keep, changes]]) =>
      [title, [closingLine({ ...deployed, ...changes }, hosts, keep)]] as const,
  );
  await expectGolden('log/closing-lines.txt', sections(lines));
});
