import { expect, test } from '@jest/globals';
import { maskSecrets } from '../../src/inputs/secrets.ts';
import type { Command } from '../../src/model/request.ts';
import {
  inputError,
  KEY,
  readInputs,
  request,
  TLS_KEY,
  useRunnerEnvironment,
  workflowCommands,
} from './runner.ts';

useRunnerEnvironment();
const base64 = (text: string) => Buffer.from(text).toString('base64');
/** What the command masks. */
function maskedBy(command: Command): readonly string[] {
  const masked: string[] = [];
  maskSecrets(command, (secret) => masked.push(secret));
  return masked;
}
const setInputs = (inputs: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(inputs)) process.env[`INPUT_${name.toUpperCase()}`] = text;
};

test('private keys are masked line by line, joined and as base64, but not their BEGIN and END', () => {
  setInputs({ 'ssh-key': KEY, 'tls-key': TLS_KEY });
  expect(new Set(maskedBy('deploy'))).toEqual(
    new Set([
      'b3BlbnNzaC1rZXktdjEAAAAA',
      'QWxsIHdvcmsgYW5kIG5v',
      'b3BlbnNzaC1rZXktdjEAAAAAQWxsIHdvcmsgYW5kIG5v',
      base64(KEY),
      base64(`${KEY}\n`),
      'MIIEvQIBADANBgkqhkiG',
      base64(TLS_KEY),
      base64(`${TLS_KEY}\n`),
    ]),
  );
});

test('a private key on one line with \\n between its parts is masked part by part', () => {
  setInputs({ 'ssh-key': KEY.replaceAll('\n', '\\n') });
  expect(maskedBy('deploy')).toContain('QWxsIHdvcmsgYW5kIG5v');
});

test('a registry password is masked in all forms in which it is sent', () => {
  setInputs({ 'registry-username': 'me', 'registry-password': 'p"4/s' });
  expect(maskedBy('build')).toEqual(
    expect.arrayContaining(['p"4/s', 'p\\"4/s', 'p%224%2Fs', base64('p"4/s'), base64('me:p"4/s')]),
  );
});

test('each password of several registries is masked, alone and together with its user name', () => {
  setInputs({
    'registry-username': 'a.example.com=me\nb.example.com=you',
    'registry-password': 'a.example.com=p4ss-a\nb.example.com="first line\nsecond line"',
  });
  expect(maskedBy('rollback')).toEqual(
    expect.arrayContaining([
      ...['p4ss-a', base64('p4ss-a'), base64('me:p4ss-a')],
      ...['first line\nsecond line', 'first line', 'second line', base64('you:first line\nsecond line')],
    ]),
  );
});

test('malformed lines of registry passwords are masked with and without the registry', () => {
  const inputs = {
    'registry-username': 'a.example.com=me',
    'registry-password': 'a.example.com=topsecret\nlost',
  };
  expect(inputError('build', inputs)).toMatch(/^registry-password, line 2/);
  const commands = workflowCommands();
  for (const text of ['a.example.com=topsecret', 'topsecret', 'lost'])
    expect(commands).toContain(`::add-mask::${text}`);
});

test('the GitHub token is masked alone and together with its user names', () => {
  setInputs({ 'github-token': 'ghs_abc' });
  expect(maskedBy('build')).toEqual(
    expect.arrayContaining(['ghs_abc', base64('octocat:ghs_abc'), base64('x-access-token:ghs_abc')]),
  );
});

test.each([
  ['who started the run again', 'hubot'],
  ['a name in place of none', undefined],
])('the GitHub token is masked with the user name that logs in: %s', (_, actor) => {
  process.env['GITHUB_TRIGGERING_ACTOR'] = actor ?? '';
  if (actor === undefined) process.env['GITHUB_ACTOR'] = '';
  const { token } = request('build', { 'github-token': 'ghs_abc' }).registry;
  expect(token).toEqual({ username: actor ?? 'github', password: 'ghs_abc' });
  expect(maskedBy('build')).toContain(base64(`${token?.username}:ghs_abc`));
});

test('a build secret is masked as a whole and line by line', () => {
  setInputs({ 'build-secrets': 'a=topsecret\nb="first line\nx\nthird line"' });
  const masked = maskedBy('build');
  expect(masked).toEqual(
    expect.arrayContaining(['topsecret', 'first line\nx\nthird line', 'first line', 'third line']),
  );
  expect(masked).not.toContain('x');
});

test('malformed build secrets are masked line by line', () => {
  expect(inputError('build', { 'build-secrets': 'a=1\ntopsecret' })).toMatch(/^build-secrets, line 2/);
  expect(workflowCommands()).toContain('::add-mask::topsecret');
});

test('variables for ssh are masked, but not those that are short, nor their names', () => {
  process.env['TUNNEL_TOKEN'] = 'token-of-the-step';
  try {
    setInputs({ 'ssh-env': 'TUNNEL_TOKEN\nOTHER_TOKEN=topsecret\nMODE=fast' });
    const masked = maskedBy('status');
    expect(masked).toEqual(expect.arrayContaining(['token-of-the-step', 'topsecret']));
    expect(masked).not.toContain('fast');
  } finally {
    delete process.env['TUNNEL_TOKEN'];
  }
  const ssh = { hosts: 'ssh://server', 'ssh-key': 'x', 'known-hosts': 'x' };
  const wrong = 'OTHER_TOKEN=topsecret\nMISSING_TOKEN\nnot a pair';
  expect(inputError('status', { ...ssh, 'ssh-env': wrong })).toMatch(/^ssh-env, line 2: the variable/);
  const commands = workflowCommands();
  expect(commands).toEqual(expect.arrayContaining(['::add-mask::topsecret', '::add-mask::not a pair']));
  expect(commands).not.toContain('::add-mask::MISSING_TOKEN');
});

test('passwords in URLs are masked', () => {
  setInputs({ hosts: 'unix:///a\nssh://me:hunter22@one', url: 'https://user:op@en@example.com/' });
  expect(maskedBy('deploy')).toEqual(
    expect.arrayContaining(['hunter22', base64('me:hunter22'), 'op@en', base64('user:op@en')]),
  );
});

test('single characters and texts that are not secret are not masked', () => {
  setInputs({
    'ssh-key-passphrase': 'x',
    'registry-password': '',
    hosts: 'ssh://me@one:22',
    url: 'https://a.example.com:8443/x@y',
  });
  expect(maskedBy('deploy')).toEqual([]);
});

test('a command masks only the secrets of its own inputs', () => {
  setInputs({ 'build-secrets': 'a=topsecret', 'ssh-key-passphrase': 'sesame' });
  expect(maskedBy('status')).toContain('sesame');
  expect(maskedBy('status')).not.toContain('topsecret');
  expect(maskedBy('build')).not.toContain('sesame');
});

test('secrets are masked before anything else is printed', () => {
  readInputs('deliver', { 'ssh-key-passphrase': 'open\nsesame' });
  const [first] = workflowCommands();
  expect(first).toBe('::add-mask::open%0Asesame');
  expect(workflowCommands().every((line) => line.startsWith('::add-mask::'))).toBe(true);
});
