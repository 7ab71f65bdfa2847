import { describe, expect, test } from '@jest/globals';
import { baseProject } from '../../src/model/app-environment.ts';
import { isRepository } from '../../src/model/image.ts';
import { CERTIFICATE, inputError, request, TLS_KEY, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();

describe('the input app', () => {
  test.each([
    ['Me/Shop', 'shop'],
    ['me/shop.api', 'shop-api'],
    ['me/.github', 'github'],
    ['me/_a_-', 'a'],
    ['me/3d', '3d'],
    ['me/a__b--c_d', 'a__b--c_d'],
    ['me/a-_b', 'a-b'],
  ])('is by default, for the repository %s, %s', (repository, app) => {
    process.env['GITHUB_REPOSITORY'] = repository;
    expect(request('status').destination.app).toBe(app);
  });

  test.each(['me/---', ''])('is required for the repository "%s"', (repository) => {
    process.env['GITHUB_REPOSITORY'] = repository;
    expect(inputError('status', {})).toMatch(/^app: missing, and the repository name "/);
    expect(request('status', { app: 'shop' }).destination.app).toBe('shop');
  });

  test.each([
    ['Shop', 'shop'],
    ['my shop', 'my-shop'],
    ['-shop', 'shop'],
    ['shop/api', 'shop-api'],
    ['shop-', 'shop'],
    ['a_-b', 'a-b'],
    ['a___b', 'a-b'],
  ])('is refused with the value "%s", and "%s" is suggested', (app, better) => {
    expect(inputError('status', { app })).toBe(
      `app: "${app}" is not a valid name. Write lower-case letters and digits, with "-" or "_" only between them, such as "${better}".`,
    );
    expect(request('status', { app: better }).destination.app).toBe(better);
  });

  test('is refused without a suggestion if it has no legal letter', () => {
    expect(inputError('status', { app: 'ü' })).toMatch(/between them\.$/);
  });
});

describe('the input environment', () => {
  test.each(['staging', 'prod-eu', 'pr_12'])('may be %s', (environment) => {
    expect(request('status', { environment }).destination.environment).toBe(environment);
  });

  test('is in lower case, however it is written: for GitHub it is the same environment', () => {
    expect(request('status', { environment: 'Production' }).destination.environment).toBe('production');
    expect(request('deploy', { environment: 'PROD-2' })).toMatchObject({ gate: { approval: 'required' } });
  });

  test('is refused if it is not a valid name', () => {
    expect(inputError('status', { environment: 'review/12' })).toMatch(
      /^environment: "review\/12" is not a valid name\. Write .*, such as "review-12"\.$/,
    );
  });
});

test('legal names of app and environment are legal in the name of an image', () => {
  const { app, environment } = request('status', { app: 'a__b--c_d', environment: 'pr_12' }).destination;
  expect(isRepository(`sealift/${baseProject({ app, environment })}`)).toBe(true);
});

describe('app and environment', () => {
  test('may have 40 characters together, which leaves 10 for a service in the name of a container', () => {
    const { destination } = request('status', { app: 'a'.repeat(29), environment: 'production' });
    const container = `${destination.app}-${destination.environment}-01234567-${'s'.repeat(10)}-24`;
    expect(container).toHaveLength(63);
  });

  test('are refused with more than 40 characters together', () => {
    expect(inputError('status', { app: 'a'.repeat(31), environment: 'production' })).toMatch(
      /^app, environment: ".*" has 42 characters, but at most 40 fit .*\. Make app 2 characters shorter\.$/,
    );
  });
});

describe('access to a tcp:// host', () => {
  const given = {
    hosts: 'tcp://one.example.com:2376',
    'tls-ca': CERTIFICATE,
    'tls-cert': CERTIFICATE,
    'tls-key': TLS_KEY,
  };

  test('takes two certificates and a key', () => {
    expect(request('status', given).destination.access).toEqual({
      ssh: undefined,
      tls: { ca: `${CERTIFICATE}\n`, cert: `${CERTIFICATE}\n`, key: `${TLS_KEY}\n` },
    });
  });

  test.each(['tls-ca', 'tls-cert', 'tls-key'])('is refused without %s', (name) => {
    expect(inputError('status', { ...given, [name]: '' })).toMatch(
      new RegExp(`^${name}: missing\\. .*one\\.example\\.com.* give "tls-ca", "tls-cert" and "tls-key"\\.$`),
    );
  });

  test.each([
    ['tls-cert', TLS_KEY, 'not a certificate in PEM format. It contains a private key.'],
    ['tls-key', CERTIFICATE, 'not a private key in PEM format. It contains a certificate.'],
    ['tls-ca', '/etc/ca.pem', 'not a certificate in PEM format. Give the text'],
    ['tls-key', TLS_KEY.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE'), 'the key is encrypted'],
  ])('is refused if %s contains something else', (name, text, message) => {
    expect(inputError('status', { ...given, [name]: text })).toContain(`${name}: ${message}`);
  });
});
