import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { terminalReporter } from '../src/cli/terminal-reporter.ts';
import { reportOutcome, reportPlan } from '../src/deployment-report.ts';
import { hostInputs } from '../src/model/rollback-hint.ts';
import { planFleet } from '../src/plan/fleet.ts';
import { currentReporter, reportTo } from '../src/report/console.ts';
import { emptyReport, ReportDraft } from '../src/report/report-draft.ts';
import { remember } from './image/support/build.ts';
import { desiredState } from './plan/hosts.ts';
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

const inJob = currentReporter();
afterEach(() => reportTo(inJob));

test.each([
  ['a job has the steps of a plan in a closed group', false, false, true],
  ['a terminal has each step when it runs, and not twice', true, false, false],
  ['a dry run at a terminal runs none, so the plan has them', true, true, true],
])('%s', (_, atTerminal, dryRun, expected) => {
  const [release, host, log] = [makeRelease('new', { web: 'served' }), emptyWorld(), remember()];
  const [out, json] = [new PassThrough(), undefined];
  if (atTerminal) reportTo(terminalReporter({ out, json, isTerminal: true, verbose: false }));
  else reportTo({ ...inJob, startGroup: () => undefined, endGroup: () => undefined });
  reportPlan(
    {
      ...usually,
      release,
      destination: { hosts: [] },
      options: { url: undefined, dryRun },
      context: { report: new ReportDraft(emptyReport('deploy', {})), log },
    },
    planFleet([observe(host)], desiredState(release), { kind: 'all' }),
    [observe(host)],
  );
  expect(log.lines[0]).toBe('Release new of shop for test');
  expect(log.lines.some((line) => line.endsWith('start web of new in blue'))).toBe(expected);
});

test('the report says that containers are kept, and on which hosts', () => {
  const [release, host] = [makeRelease('new', { web: 'served' }), observe(emptyWorld())];
  const report = new ReportDraft(emptyReport('deploy', {}));
  reportTo({ ...inJob, startGroup: () => undefined, endGroup: () => undefined });
  reportPlan(
    {
      ...{ ...usually, release, destination: { hosts: [] }, options: { url: undefined, dryRun: false } },
      context: { report, log: remember() },
    },
    planFleet([host], desiredState(release), { kind: 'all' }),
    [host],
  );
  expect(report.current.rollbackHint).toEqual({ keeps: 'containers', inputs: hostInputs([host.host]) });
});
