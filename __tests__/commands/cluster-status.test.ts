import { expect, test } from '@jest/globals';
import { statusOfCluster } from '../../src/commands/cluster-status.ts';
import { reportStatus } from '../../src/commands/status.ts';
import { newerFormatError } from '../../src/release/record-format.ts';
import { emptyReport, ReportDraft } from '../../src/report/report-draft.ts';
import { memoryCluster } from '../cluster/support.ts';
import { makeStepContext } from '../engine/step-context.ts';

test('status of a cluster whose records a newer Sealift has written says that of the cluster, and fails', async () => {
  const cluster = memoryCluster();
  const newer = newerFormatError(cluster.host, 2);
  const report = new ReportDraft(emptyReport('status', {}));
  const { log, lines, remove } = await makeStepContext();
  const found = await statusOfCluster({ ...cluster, observe: () => Promise.reject(newer) });
  expect(() => reportStatus(found, { report, log })).toThrow(newer);
  const why = expect.stringMatching(/^the records of this app were written by a newer Sealift/);
  expect(report.current.hosts).toEqual([expect.objectContaining({ host: cluster.host, unknown: true, why })]);
  expect(lines.join('\n')).toContain('ssh://manager: the records of this app');
  await remove();
});
