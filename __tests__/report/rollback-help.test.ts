import { expect, test } from '@jest/globals';
import type { Report } from '../../src/report/report.ts';
import { ReportDraft } from '../../src/report/report-draft.ts';
import { rollbackHelp } from '../../src/report/rollback-help.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

function deployed(orchestrator: Report['orchestrator']): Report {
  const draft = new ReportDraft('deploy', {});
  const host = { host: hostName('ssh://a'), was: undefined, is: releaseId('new'), why: 'healthy', kept: [] };
  draft.set({ result: 'deployed', orchestrator, previous: releaseId('old'), hosts: [host] });
  return draft.current;
}

test('how to go back says what is kept there: containers on hosts, a recorded release in a cluster', () => {
  expect(rollbackHelp(deployed('docker'))).toContain('containers of `old` are kept on the hosts');
  const help = rollbackHelp(deployed('swarm'));
  expect(help).toContain('`old` is kept with its configuration and secrets');
  expect(help).toContain('    orchestrator: swarm\n');
  expect(rollbackHelp(deployed('docker'))).not.toContain('orchestrator');
});
