import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { CERTIFICATE, inputError, request, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();

const pem = (): string =>
  String(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' }),
  );

describe('verify', () => {
  test('is off by default', () => {
    expect(request('deploy').verification).toEqual({ kind: 'off' });
    expect(request('deliver').verification).toEqual({ kind: 'off' });
  });

  test('an export asks for it too, because the other side reaches no registry', () => {
    const keys = [pem().trim()];
    expect(request('export').verification).toEqual({ kind: 'off' });
    expect(request('export', { verify: 'key', 'verify-key': keys.join() }).verification).toEqual({
      ...{ kind: 'key', keys },
    });
  });

  test('an attestation is by default one of this repository', () => {
    expect(request('deploy', { verify: 'attestation' }).verification).toEqual({
      ...{ kind: 'attestation', repositories: ['Me/Shop.API'], workflows: [], refs: [] },
      trustedRoot: undefined,
    });
  });

  test('says who may have built the image', () => {
    const given = {
      verify: 'attestation',
      'verify-repository': 'octo/shop\nocto/*',
      'verify-workflow': '.github/workflows/deliver.yml\nocto/shared/.github/workflows/*.yaml',
      'verify-ref': 'refs/heads/main\nrefs/tags/v*',
      'trusted-root': '{}',
    };
    expect(request('deploy', given).verification).toEqual({
      kind: 'attestation',
      repositories: ['octo/shop', 'octo/*'],
      workflows: ['.github/workflows/deliver.yml', 'octo/shared/.github/workflows/*.yaml'],
      refs: ['refs/heads/main', 'refs/tags/v*'],
      trustedRoot: '{}',
    });
  });

  test.each([
    ['verify-repository', 'shop', 'octo/shop or octo/*'],
    ['verify-repository', '*/*', 'octo/shop or octo/*'],
    ['verify-workflow', 'deliver.yml', '.github/workflows/deliver.yml, or octo/shared/'],
    ['verify-ref', 'main', 'refs/heads/main or refs/tags/v*'],
  ])('%s refuses "%s"', (name, text, example) => {
    expect(inputError('deploy', { verify: 'attestation', [name]: text })).toContain(
      `${name}: "${text}" is not a pattern for it. Write ${example}`,
    );
  });

  test('a key is one or several public keys', () => {
    const [one, other] = [pem(), pem()];
    const keys = [one.trim(), other.trim()];
    expect(request('deploy', { verify: 'key', 'verify-key': `${one}${other}` }).verification).toEqual({
      ...{ kind: 'key', keys },
    });
    const oneLine = one.replaceAll('\n', '\\n');
    expect(request('deploy', { verify: 'key', 'verify-key': oneLine }).verification).toMatchObject({
      keys: [one.trim()],
    });
  });

  test.each([['cosign.pub'], [CERTIFICATE], ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----']])(
    'a key that is none is refused: %s',
    (text) => {
      expect(inputError('deploy', { verify: 'key', 'verify-key': text })).toMatch(
        /^verify-key: not a public key in PEM format\./,
      );
    },
  );

  test('inputs of the other way are refused', () => {
    expect(inputError('deploy', { verify: 'key' })).toMatch(/^verify-key: missing\./);
    expect(inputError('deploy', { 'verify-key': pem() })).toBe(
      'verify-key: it has no effect with verify: off. Set verify: key, or remove "verify-key".',
    );
    expect(
      inputError('deploy', { verify: 'key', 'verify-key': pem(), 'verify-ref': 'refs/heads/main' }),
    ).toBe('verify-ref: it has no effect with verify: key. Set verify: attestation, or remove "verify-ref".');
  });

  test('an image that this step builds must be attested by it, and can have no signature', () => {
    expect(inputError('deliver', { verify: 'attestation' })).toBe(
      'verify: the image is built and deployed at once, and nothing attests it in between. Set attest: true.',
    );
    expect(inputError('deliver', { verify: 'key', 'verify-key': pem() })).toMatch(
      /^verify: the image is built and deployed at once, and nothing signs it with a key in between\./,
    );
    process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] = 'https://example.com';
    expect(request('deliver', { verify: 'attestation', attest: 'true' }).verification.kind).toBe(
      'attestation',
    );
  });

  test('images that are in no registry have no signatures', () => {
    expect(inputError('deploy', { verify: 'attestation', 'image-transfer': 'direct' })).toMatch(
      /^verify: not with image-transfer: direct, /,
    );
  });

  test('outside GitHub Actions the repository must be named', () => {
    delete process.env['GITHUB_REPOSITORY'];
    expect(inputError('deploy', { app: 'shop', verify: 'attestation' })).toBe(
      'verify-repository: missing. Name the repository whose workflow builds the image: octo/shop.',
    );
  });
});

describe('attest', () => {
  test('needs an OIDC token', () => {
    expect(inputError('build', { attest: 'true' })).toMatch(/^attest: this job may have no OIDC token\./);
    process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] = 'https://example.com';
    expect(request('build', { attest: 'true' }).source.options.attest).toBe(true);
    expect(request('build').source.options.attest).toBe(false);
  });

  test('is refused for an image that goes to no registry', () => {
    expect(inputError('deliver', { attest: 'true', 'image-transfer': 'direct' })).toMatch(
      /^attest: not with image-transfer: direct, /,
    );
  });

  test('is refused on GitHub Enterprise Server, which has no attestations', () => {
    process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] = 'https://example.com';
    process.env['GITHUB_SERVER_URL'] = 'https://github.example.com';
    expect(inputError('build', { attest: 'true', image: 'registry.example.com/me/shop' })).toMatch(
      /^attest: https:\/\/github\.example\.com is a GitHub Enterprise Server/,
    );
  });
});
