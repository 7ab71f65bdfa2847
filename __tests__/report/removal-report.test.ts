import { expect, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import type { HostRemoval } from '../../src/plan/removal.ts';
import { keptVolumesLines, removalReport, removalStepLine } from '../../src/report/removal-report.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

const [ONE, TWO] = [hostName('ssh://one'), hostName('ssh://two')];
const action = { kind: 'remove-state', containers: [], volume: 'state' } as const;
const step = { action, at: 0, took: 12, ok: true, note: undefined };
const done: HostRemoval = {
  ...{ host: ONE, live: releaseId('1a2b3c4d'), planned: [action], steps: [step] },
  ...{ keptVolumes: ['data', 'more'], error: undefined },
};
const error = new HostError(TWO, 'the disk does not answer.');
const report = (removals: readonly HostRemoval[], dryRun = false) =>
  removalReport('shop-test', [ONE, TWO], removals, [], dryRun);

test('a removal that failed in the middle of one host has failed, and says where something may be left', () => {
  const failed: HostRemoval = { ...done, host: TWO, steps: [{ ...step, ok: false }], error };
  expect(report([done, failed])).toMatchObject({
    result: 'failed',
    state:
      'shop-test is gone from ssh://one. All or a part of it may still be on ssh://two: when the cause is gone, run this again.',
    hosts: [
      { host: ONE, was: '1a2b3c4d', is: undefined, why: 'removed', keptVolumes: ['data', 'more'] },
      { host: TWO, is: undefined, unknown: true, why: 'the disk does not answer.' },
    ],
    steps: [{ ok: true }, { ok: false, note: 'the disk does not answer.' }],
  });
  expect(removalStepLine(TWO, { ...step, ok: false }, error, [ONE, TWO])).toBe(
    '✗ ssh://two  remove the records  12ms  the disk does not answer.',
  );
});

test('a host on which something was in the way still serves its release', () => {
  const refused: HostRemoval = { ...done, host: TWO, steps: [], error };
  expect(report([done, refused]).hosts[1]).toEqual({
    ...{ host: TWO, was: '1a2b3c4d', is: '1a2b3c4d' },
    why: 'the disk does not answer.',
  });
});

test('a dry run leaves every host with its release, and a removal of nothing is no failure', () => {
  const two = { ...done, host: TWO };
  expect(report([done, two], true)).toMatchObject({
    ...{ result: 'planned', state: 'Nothing was changed.' },
    hosts: [{ is: '1a2b3c4d' }, { is: '1a2b3c4d' }],
  });
  const nothing = { ...done, planned: [], steps: [], keptVolumes: [] };
  expect(report([nothing, { ...nothing, host: TWO }])).toMatchObject({
    ...{ result: 'unchanged', state: 'Nothing to remove: shop-test is not there.' },
  });
});

test('the log names the volumes that stay, and the command that removes them', () => {
  expect(keptVolumesLines(report([done, { ...done, host: TWO, keptVolumes: [] }]).hosts)).toEqual([
    'ssh://one  volumes that stay, with all data: data and more',
    '  To remove them, run this on the host: docker volume rm data more',
  ]);
});
