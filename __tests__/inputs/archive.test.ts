import { expect, test } from '@jest/globals';
import { inputError, KEY, request, useRunnerEnvironment, workflowCommands } from './runner.ts';

useRunnerEnvironment();

test('an export is for the platform of this machine, not signed, in this folder', () => {
  expect(request('export')).toMatchObject({
    ...{ app: 'shop-api', environment: 'staging', since: undefined, signKey: undefined, path: '.' },
    platforms: [expect.stringMatching(/^linux\/[a-z0-9]+$/)],
    compose: { withoutSecrets: true },
  });
});

test('an export takes several platforms, and a key of either kind', () => {
  const { platforms, signKey } = request('export', {
    ...{ platforms: 'linux/amd64, linux/arm64', 'sign-key': KEY },
  });
  expect(platforms).toEqual(['linux/amd64', 'linux/arm64']);
  expect(signKey).toBe(KEY);
  expect(workflowCommands().join('\n')).toContain('::add-mask::');
  const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA release';
  expect(request('export', { 'sign-key': publicKey }).signKey).toBe(publicKey);
  expect(inputError('export', { 'sign-key': './key' })).toContain('sign-key: it is not an SSH key.');
});

test('an import has the contents of secrets, which are masked', () => {
  process.env['TOKEN'] = 'from-the-step';
  const given = request('import', { secrets: 'db-password="two\nlines of text"\nTOKEN' });
  expect([...given.secrets]).toEqual([
    ['db-password', 'two\nlines of text'],
    ['TOKEN', 'from-the-step'],
  ]);
  const masked = workflowCommands().filter((line) => line.startsWith('::add-mask::'));
  expect(masked).toContain('::add-mask::lines of text');
  expect(masked).toContain('::add-mask::from-the-step');
});

test('what is wrong with secrets is said without them', () => {
  const message = inputError('import', { secrets: 'hunter2-is-the-word' });
  expect(message).toContain('secrets, line 1: the variable that it names is not set');
  expect(message).not.toContain('hunter2');
});

test('an import needs the file', () => {
  expect(inputError('import', { archive: '' })).toContain('archive: missing.');
});
