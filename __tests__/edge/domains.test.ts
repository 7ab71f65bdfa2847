import { describe, expect, test } from '@jest/globals';
import { checkDomainNames, checkDomainOwners } from '../../src/edge/domains.ts';
import { frontConfig } from '../../src/edge/front-config.ts';
import { frontContainerSpec } from '../../src/edge/front-container.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { hostName } from '../support/identifiers.ts';

const PLAIN = { directory: undefined, email: undefined, ca: undefined };
const APP = { app: 'shop', environment: 'production' };

describe('the domain', () => {
  test.each(['shop.example.com', 'localhost', 'xn--bcher-kva.example', 'a.b-c.d'])(
    '%s is accepted',
    (domain) => {
      expect(() => checkDomainNames([domain])).not.toThrow();
    },
  );

  test.each(['', '..', 'a/b', '../apps/other', 'Shop.example.com', 'a..b', '.a', 'a.', 'a b', 'a\n', 'a=b'])(
    '%j is refused, because it can not be part of a path',
    (domain) => {
      expect(() => checkDomainNames([domain])).toThrow(ConfigurationError);
    },
  );

  test('of more than 90 characters is refused, because the path of its socket would be too long', () => {
    const longest = `${'a'.repeat(86)}.com`;
    expect(() => checkDomainNames([longest])).not.toThrow();
    expect(() => checkDomainNames([`a${longest}`])).toThrow(/has 91 characters.*at most 90/);
  });

  test('of another app is refused with the name of that app', () => {
    const owners = new Map([
      ['a.test', 'blog-production'],
      ['b.test', 'shop-production'],
    ]);
    expect(() => checkDomainOwners(hostName('s1'), APP, owners, ['b.test', 'c.test'])).not.toThrow();
    expect(() => checkDomainOwners(hostName('s1'), APP, owners, ['b.test', 'a.test'])).toThrow(
      /a\.test already points to blog-production/,
    );
  });
});

describe('the front', () => {
  // biome-ignore lint/suspicious/noExplicitAny: Caddy's config, of which each test reads another part
  const issuer = (acme: Parameters<typeof frontConfig>[0]): any =>
    JSON.parse(JSON.stringify(frontConfig(acme))).apps.tls.automation.policies[0].issuers[0];

  test("gets certificates from Let's Encrypt by default", () => {
    expect(issuer(PLAIN)).toEqual({ module: 'acme', ca: 'https://acme-v02.api.letsencrypt.org/directory' });
  });

  test('trusts the root of a private CA from a file', () => {
    const own = { directory: 'https://ca.internal/acme', email: 'ops@example.com', ca: 'PEM' };
    expect(issuer(own)).toEqual({
      module: 'acme',
      ca: 'https://ca.internal/acme',
      email: 'ops@example.com',
      trusted_roots_pem_files: ['/data/acme-ca.pem'],
    });
    expect(JSON.stringify(frontConfig(own))).not.toContain('PEM"');
  });

  test('has no domain in its config', () => {
    expect(JSON.stringify(frontConfig(PLAIN))).toContain('unix//front/domains/{http.request.host}/s');
  });

  test('listens for HTTP, HTTPS and HTTP/3', () => {
    expect(frontContainerSpec('caddy:2', PLAIN)).toMatchObject({
      ExposedPorts: { '80/tcp': {}, '443/tcp': {}, '443/udp': {} },
    });
  });
});
