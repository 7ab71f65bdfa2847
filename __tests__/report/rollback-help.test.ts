import { expect, test } from '@jest/globals';
import { hostInputs, type RollbackHint } from '../../src/model/rollback-hint.ts';
import { emptyReport } from '../../src/report/report-draft.ts';
import { rollbackHelp } from '../../src/report/rollback-help.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

const helpFor = (rollbackHint: RollbackHint | undefined): string =>
  rollbackHelp({
    ...emptyReport('deploy', {}),
    ...{ result: 'deployed', previous: releaseId('old'), rollbackHint },
  });

test('how to go back says what is kept there, and has the inputs that say where', () => {
  const help = helpFor({ keeps: 'containers', inputs: hostInputs([hostName('ssh://a')]) });
  expect(help).toContain('containers of `old` are kept on the hosts');
  expect(help).toContain('    hosts: |\n      ssh://a\n    # plus ssh-key');
  expect(helpFor({ keeps: 'record', inputs: [] })).toContain(
    '`old` is kept with its configuration and secrets',
  );
});

test('where nothing is kept, nothing says how to go back', () => {
  expect(helpFor(undefined)).toBe('');
});
