import { describe, expect, test } from '@jest/globals';
import { isRepository } from '../../src/model/image.ts';
import { baseProject } from '../../src/model/release.ts';
import { CERTIFICATE, likeTheRunner, refusal, request, TLS_KEY } from './runner.ts';

likeTheRunner();

describe('app', () => {
  test.each([
    ['Me/Shop', 'shop'],
    ['me/shop.api', 'shop-api'],
    ['me/.github', 'github'],
    ['me/_a_-', 'a'],
    ['me/3d', '3d'],
    ['me/a__b--c_d', 'a__b--c_d'],
    ['me/a-_b', 'a-b'],
  ])('of the repository %s is %s', (repository, app) => {
    process.env['GITHUB_REPOSITORY'] = repository;
    expect(request('status').target.app).toBe(app);
  });

  test.each(['me/---', ''])('of the repository "%s" has to be given', (repository) => {
    process.env['GITHUB_REPOSITORY'] = repository;
    expect(refusal('status', {})).toMatch(/^app: missing, and the repository "/);
    expect(request('status', { app: 'shop' }).target.app).toBe('shop');
  });

  test.each([
    ['Shop', 'shop'],
    ['my shop', 'my-shop'],
    ['-shop', 'shop'],
    ['shop/api', 'shop-api'],
    ['shop-', 'shop'],
    ['a_-b', 'a-b'],
    ['a___b', 'a-b'],
  ])('"%s" is refused, "%s" would do', (app, better) => {
    expect(refusal('status', { app })).toBe(
      `app: "${app}" can't be used as a name: lower-case letters and digits, with "-" or "_" between them. Write "${better}", for example.`,
    );
    expect(request('status', { app: better }).target.app).toBe(better);
  });

  test('without one legal letter gets no example', () => {
    expect(refusal('status', { app: 'ü' })).toMatch(/between them\.$/);
  });
});

describe('environment', () => {
  test.each(['staging', 'prod-eu', 'pr_12'])('%s', (environment) => {
    expect(request('status', { environment }).target.environment).toBe(environment);
  });

  test('with capital letters is refused with the one that is the same for GitHub', () => {
    expect(refusal('status', { environment: 'Production' })).toBe(
      'environment: "Production" has capital letters. Write "production": it is the same environment for GitHub, which ignores case.',
    );
  });

  test('that is no name is refused', () => {
    expect(refusal('status', { environment: 'review/12' })).toMatch(
      /^environment: "review\/12" can't be used as a name: .* Write "review-12", for example\.$/,
    );
  });
});

test('what app and environment may be called can name an image too', () => {
  const { app, environment } = request('status', { app: 'a__b--c_d', environment: 'pr_12' }).target;
  expect(isRepository(`sealift/${baseProject({ app, environment })}`)).toBe(true);
});

describe('names that begin those of containers', () => {
  test('may have 40 characters together, which leaves 10 for a service', () => {
    const { target } = request('status', { app: 'a'.repeat(29), environment: 'production' });
    const container = `${target.app}-${target.environment}-01234567-${'s'.repeat(10)}-24`;
    expect(container).toHaveLength(63);
  });

  test('and no more', () => {
    expect(refusal('status', { app: 'a'.repeat(31), environment: 'production' })).toMatch(
      /^app, environment: ".*" has 42 characters .* Give app a name that is 2 shorter\.$/,
    );
  });
});

describe('tcp', () => {
  const given = {
    hosts: 'tcp://one.example.com:2376',
    'tls-ca': CERTIFICATE,
    'tls-cert': CERTIFICATE,
    'tls-key': TLS_KEY,
  };

  test('takes certificates and a key', () => {
    expect(request('status', given).target.access).toEqual({
      ssh: undefined,
      tls: { ca: `${CERTIFICATE}\n`, cert: `${CERTIFICATE}\n`, key: `${TLS_KEY}\n` },
    });
  });

  test.each(['tls-ca', 'tls-cert', 'tls-key'])('is refused without %s', (name) => {
    expect(refusal('status', { ...given, [name]: '' })).toMatch(
      new RegExp(`^${name}: missing\\. .*one\\.example\\.com.* give tls-ca, tls-cert and tls-key\\.$`),
    );
  });

  test.each([
    ['tls-cert', TLS_KEY, 'not a certificate in PEM form. It holds a private key.'],
    ['tls-key', CERTIFICATE, 'not a private key in PEM form. It holds a certificate.'],
    ['tls-ca', '/etc/ca.pem', 'not a certificate in PEM form. Give the text'],
    ['tls-key', TLS_KEY.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE'), 'the key is encrypted'],
  ])('%s that holds something else is refused', (name, text, message) => {
    expect(refusal('status', { ...given, [name]: text })).toContain(`${name}: ${message}`);
  });
});
