import { expect, test } from '@jest/globals';
import type { DeploymentReport } from '../../src/report/report.ts';
import { emptyReport } from '../../src/report/report-draft.ts';
import { rollbackHelp } from '../../src/report/rollback-help.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

function deployed(orchestrator: DeploymentReport['orchestrator']): DeploymentReport {
  const host = { host: hostName('ssh://a'), was: undefined, is: releaseId('new'), why: 'healthy' };
  return {
    ...emptyReport('deploy', {}),
    ...{ result: 'deployed', orchestrator, previous: releaseId('old'), hosts: [host] },
  };
}

test('how to go back says what is kept there: containers on hosts, a recorded release in a cluster', () => {
  expect(rollbackHelp(deployed('docker'))).toContain('containers of `old` are kept on the hosts');
  const help = rollbackHelp(deployed('swarm'));
  expect(help).toContain('`old` is kept with its configuration and secrets');
  expect(help).toContain('    orchestrator: swarm\n');
  expect(rollbackHelp(deployed('docker'))).not.toContain('orchestrator');
});
