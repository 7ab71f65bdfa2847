import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { deployToCluster } from '../src/cluster-deployment.ts';
import { lockCluster } from '../src/cluster-lock.ts';
import { commitContext } from '../src/image/commit-context.ts';
import { emptyReport, ReportDraft } from '../src/report/report-draft.ts';
import { clusterRelease, memoryCluster, recordsOf } from './cluster/support.ts';
import { makeStepContext, type TestStepContext } from './engine/step-context.ts';

let step: TestStepContext;
beforeEach(async () => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  step = await makeStepContext();
});
afterEach(() => step.remove());

/** A deploy that replaces "old": the last line of its log, and its report. */
async function deployed(keepsReleases: boolean) {
  const [release, change] = [
    clusterRelease('new'),
    { kind: 'update', what: 'service', name: 'web' } as const,
  ];
  const cluster = {
    ...memoryCluster(),
    keepsReleases,
    plan: async () => ({
      ...{ release: release.id, strategy: 'memory', changes: [{ ...change, differences: [] }] },
    }),
  };
  const context = {
    ...step,
    ...{ commit: commitContext({}, {}, undefined), triggeredBy: { actor: undefined, runUrl: undefined } },
    ...{ report: new ReportDraft(emptyReport('deploy', {})), signal: new AbortController().signal },
  };
  await using lock = await lockCluster(cluster, { timeout: 0, token: undefined }, context);
  await deployToCluster({
    ...{ cluster, lock, release, context, contents: [], command: 'deploy', keep: 5 },
    found: { records: recordsOf(clusterRelease('old')), workloads: [], missing: [] },
    hooks: { before: [], after: [] },
    options: { url: undefined, dryRun: false, lockTimeout: 0 },
    approval: undefined,
  });
  return { line: step.lines.at(-1), report: context.report.current };
}

test('the log of a good deploy to a cluster ends with what is live now, and how to go back', async () => {
  const { line, report } = await deployed(true);
  expect(line).toMatch(/^new is live, before it old: .* goes back to it\.$/);
  expect(report.rollbackHint).toEqual(memoryCluster().words.rollbackHint);
});

test('to services that were made by hand, of which nothing is recorded, no rollback can go back', async () => {
  expect((await deployed(false)).line).toBe('new is live, before it old.');
});
