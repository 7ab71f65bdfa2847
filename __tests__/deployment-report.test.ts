import { expect, test } from '@jest/globals';
import { reportOutcome } from '../src/deployment-report.ts';
import { emptyReport, ReportDraft } from '../src/report/report-draft.ts';
import { remember } from './image/support/build.ts';
import { emptyWorld, makeRelease, observe, usually } from './plan/world.ts';
import { hostName } from './support/identifiers.ts';

test('the log of a good deploy ends with what is live now, after the warnings', () => {
  const [release, host, log] = [makeRelease('new', { web: 'served' }), hostName('ssh://a'), remember()];
  reportOutcome(
    {
      ...usually,
      release,
      destination: { hosts: [] },
      options: { url: undefined, dryRun: false },
      context: { report: new ReportDraft(emptyReport('deploy', {})), log },
    },
    [observe(emptyWorld(), host)],
    { kind: 'succeeded', steps: [], warnings: ['an image was left'] },
  );
  expect(log.lines).toEqual(['an image was left', 'new is live on 1 host.']);
});
