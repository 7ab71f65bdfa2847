import { expect, test } from '@jest/globals';
import { collectSecrets } from '../../src/inputs/secrets.ts';
import { KEY, likeTheRunner, reading, refusal, TLS_KEY, toldTheRunner } from './runner.ts';

likeTheRunner();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const give = (inputs: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(inputs)) process.env[`INPUT_${name.toUpperCase()}`] = text;
};

test('keys are masked line by line, joined and as base64, but not their BEGIN and END', () => {
  give({ 'ssh-key': KEY, 'tls-key': TLS_KEY });
  expect(new Set(collectSecrets('deploy'))).toEqual(
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

test('a key on one line with \\n in it is masked in its pieces', () => {
  give({ 'ssh-key': KEY.replaceAll('\n', '\\n') });
  expect(collectSecrets('deploy')).toContain('QWxsIHdvcmsgYW5kIG5v');
});

test('a password is masked in the forms in which it travels', () => {
  give({ 'registry-username': 'me', 'registry-password': 'p"4/s' });
  expect(collectSecrets('build')).toEqual(
    expect.arrayContaining(['p"4/s', 'p\\"4/s', 'p%224%2Fs', base64('p"4/s'), base64('me:p"4/s')]),
  );
});

test('the token is masked, alone and with the names that it is used with', () => {
  give({ 'github-token': 'ghs_abc' });
  expect(collectSecrets('build')).toEqual(
    expect.arrayContaining(['ghs_abc', base64('octocat:ghs_abc'), base64('x-access-token:ghs_abc')]),
  );
});

test('build secrets are masked whole and by line', () => {
  give({ 'build-secrets': 'a=topsecret\nb="first line\nx\nthird line"' });
  const masked = collectSecrets('build');
  expect(masked).toEqual(
    expect.arrayContaining(['topsecret', 'first line\nx\nthird line', 'first line', 'third line']),
  );
  expect(masked).not.toContain('x');
});

test('build secrets that can not be read are masked by line', () => {
  expect(refusal('build', { 'build-secrets': 'a=1\ntopsecret' })).toMatch(/^build-secrets, line 2/);
  expect(toldTheRunner()).toContain('::add-mask::topsecret');
});

test('passwords in URLs are masked', () => {
  give({ hosts: 'unix:///a\nssh://me:hunter22@one', url: 'https://user:op@en@example.com/' });
  expect(collectSecrets('deploy')).toEqual(
    expect.arrayContaining(['hunter22', base64('me:hunter22'), 'op@en', base64('user:op@en')]),
  );
});

test('nothing is masked that is no secret or a single character', () => {
  give({
    'ssh-key-passphrase': 'x',
    'registry-password': '',
    hosts: 'ssh://me@one:22',
    url: 'https://a.example.com:8443/x@y',
  });
  expect(collectSecrets('deploy')).toEqual([]);
});

test('each command masks the secrets that it has, and only those', () => {
  give({ 'build-secrets': 'a=topsecret', 'ssh-key-passphrase': 'sesame' });
  expect(collectSecrets('status')).toContain('sesame');
  expect(collectSecrets('status')).not.toContain('topsecret');
  expect(collectSecrets('build')).not.toContain('sesame');
});

test('the runner is told of a secret before anything else', () => {
  reading('deliver', { 'ssh-key-passphrase': 'open\nsesame' });
  const [first] = toldTheRunner();
  expect(first).toBe('::add-mask::open%0Asesame');
  expect(toldTheRunner().every((line) => line.startsWith('::add-mask::'))).toBe(true);
});
