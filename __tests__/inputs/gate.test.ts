import { describe, expect, test } from '@jest/globals';
import { inputError, request, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();
const COMMANDS = ['deliver', 'deploy', 'rollback', 'remove', 'unlock', 'gate'] as const;

describe.each(COMMANDS)('approval of %s', (command) => {
  const named = (environment: string) =>
    command === 'remove' ? { environment, confirm: environment } : { environment };

  test.each([
    ['production', 'required'],
    ['prod', 'required'],
    ['prod-eu', 'required'],
    ['staging', 'if-protected'],
    ['preprod', 'if-protected'],
  ])('is for %s by default: %s', (environment, approval) => {
    expect(request(command, named(environment)).gate.approval).toBe(approval);
    expect(request(command, { ...named(environment), approval: '' }).gate.approval).toBe(approval);
  });

  test('is what the user sets', () => {
    const given = { ...named('production'), 'allow-self-approval': 'true', 'strict-approval': 'true' };
    expect(request(command, { ...given, approval: 'off' }).gate).toMatchObject({
      approval: 'off',
      allowSelfApproval: true,
      strict: true,
      token: 'ghs_token',
    });
    expect(inputError(command, { approval: 'requird' })).toMatch(
      /^approval: "requird" is not one of required, /,
    );
  });
});

describe('check-run-id', () => {
  test('is that of the job, or unknown to the runner', () => {
    expect(request('deploy').gate.checkRunId).toBe(40512345678);
    expect(request('deploy', { 'check-run-id': '' }).gate.checkRunId).toBeUndefined();
    expect(request('gate').gate.checkRunId).toBeUndefined();
  });

  test.each(['0', '1e3', 'main', '99999999999999999999'])('is refused if it is %s', (text) => {
    expect(inputError('deploy', { 'check-run-id': text })).toBe(
      `check-run-id: "${text}" is not the number of a check run. Remove the input: by default it is that of this job.`,
    );
  });
});
