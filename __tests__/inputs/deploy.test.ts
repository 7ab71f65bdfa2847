import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CERTIFICATE, inputError, request, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();
const options = (given: Readonly<Record<string, string>>) => request('deploy', given).options;
const compose = (given: Readonly<Record<string, string>>) => options(given).compose;

test('the options of a deploy are read from its inputs', () => {
  const given = {
    strategy: 'recreate',
    'health-path': '/up?full=1',
    'health-host': 'Shop.example.com:8443',
    'health-status': '200,301',
    'health-timeout': '2m',
    'drain-timeout': '500ms',
    keep: '1',
    'dry-run': 'true',
    'lock-timeout': '90s',
    'edge-image': 'registry.example.com/caddy:2',
    'tcp-edge-image': 'registry.example.com/haproxy:3',
    'acme-email': 'me@example.com',
    'acme-directory': 'https://ca.example.com/directory',
    'acme-ca': CERTIFICATE,
  };
  expect(options(given)).toMatchObject({
    strategy: { name: 'recreate' },
    health: {
      path: '/up?full=1',
      timeout: 120_000,
      host: 'shop.example.com:8443',
      status: [200, 301],
    },
    drainTimeout: 500,
    keep: 1,
    dryRun: true,
    lockTimeout: 90_000,
    edgeImage: 'registry.example.com/caddy:2',
    tcpEdgeImage: 'registry.example.com/haproxy:3',
    acme: { email: 'me@example.com', directory: 'https://ca.example.com/directory', ca: `${CERTIFICATE}\n` },
  });
});

describe('the input compose-file', () => {
  test('takes several files, one per line', () => {
    writeFileSync('prod.yaml', '');
    expect(compose({ 'compose-file': 'compose.yaml\nprod.yaml' }).files).toEqual([
      'compose.yaml',
      'prod.yaml',
    ]);
  });

  test('is refused with the names of files that do not exist', () => {
    expect(inputError('deploy', { 'compose-file': 'compose.yaml\nprod.yaml' })).toMatch(
      /^compose-file: "prod\.yaml" is not in \/.*\.$/,
    );
    expect(inputError('build', { 'compose-file': 'prod.yaml' })).toMatch(
      /^compose-file: "prod\.yaml" is not in \//,
    );
  });

  test('may name no existing file if port is set or the command is build', () => {
    rmSync('compose.yaml');
    writeFileSync('Dockerfile', '');
    expect(compose({ port: '80:8080', volumes: 'data:/data:ro\n/srv/x:/x' })).toMatchObject({
      files: undefined,
      port: '80:8080',
      volumes: ['data:/data:ro', '/srv/x:/x'],
    });
    expect(inputError('deploy', { port: '' })).toMatch(
      /^compose-file: "compose\.yaml" is not in .* Name your Compose file\. If you have none, set "port" to the port that the app listens on\.$/,
    );
    expect(request('build').compose.files).toBeUndefined();
  });

  test('is refused with a hint at a Compose file of another common name', () => {
    rmSync('compose.yaml');
    writeFileSync('docker-compose.yml', '');
    expect(inputError('deploy', {})).toContain(
      'There is docker-compose.yml. To use it, set compose-file: docker-compose.yml.',
    );
  });

  test('is refused in an empty folder with a hint at actions/checkout', () => {
    rmSync('compose.yaml');
    expect(inputError('deploy', {})).toContain(' is empty. Run actions/checkout before this step.');
  });
});

describe('the input env', () => {
  test('sets variables for the Compose file', () => {
    expect(compose({ env: 'A=1\nCOMPOSE_PROFILES=web\nPEM="a\nb"' }).variables).toEqual(
      new Map([
        ['A', '1'],
        ['COMPOSE_PROFILES', 'web'],
        ['PEM', 'a\nb'],
      ]),
    );
  });

  test.each([
    ['IMAGE', 'Sealift sets it to the image. Use another name.'],
    ['PATH', 'Programs are found with it. Use another name.'],
    ['DOCKER_HOST', 'Use the input hosts.'],
    ['COMPOSE_FILE', 'Use the input compose-file.'],
  ])("can't set the variable %s", (name, advice) => {
    expect(inputError('deploy', { env: `${name}=x` })).toBe(`env: "${name}" can't be set. ${advice}`);
  });
});

describe('the input domains', () => {
  test('routes a domain to the only service, or to a service and its port', () => {
    const domains = 'App.Example.com\napi.example.com=web:8080\nadmin.example.com = admin\nbücher.example';
    expect(compose({ domains }).domains).toEqual(
      new Map([
        ['app.example.com', undefined],
        ['api.example.com', { service: 'web', port: 8080 }],
        ['admin.example.com', { service: 'admin', port: undefined }],
        ['xn--bcher-kva.example', undefined],
      ]),
    );
  });

  test.each([
    ['https://app.example.com', 'is a URL. Write only the domain, without https:// and path.'],
    ['app.example.com/x', 'is a URL.'],
    ['*.example.com', 'is a wildcard'],
    ['app.example.com:8080', 'has a port.'],
    ['192.0.2.1', 'is an IP address'],
    ['2001:db8::1', 'is an IP address'],
    ['app_x.example.com', 'is not a domain name.'],
    ['app..example.com', 'is not a domain name.'],
    ['app.example.com.', 'is not a domain name.'],
    [`${'a'.repeat(64)}.example.com`, 'is not a domain name.'],
    ['a b', 'is not a domain name.'],
    ['a.example.com\nA.example.com', '"a.example.com" is listed twice.'],
    [
      'a.example.com=',
      '"" after a.example.com= is not a service. Write service or service:port, such as web:8080.',
    ],
    ['a.example.com=web:0', '"web:0" after a.example.com= is not a service'],
    ['a.example.com=web:', '"web:" after a.example.com= is not a service'],
    ['a.example.com=https://web', 'is not a service'],
  ])('is refused with the value %p', (domains, message) => {
    expect(inputError('deploy', { domains })).toMatch(/^domains: "/);
    expect(inputError('deploy', { domains })).toContain(message);
  });
});

describe('the input url', () => {
  test.each([
    ['200', [200]],
    ['200,204', [200, 204]],
    ['404, 200 - 202', [200, 201, 202, 404]],
  ])('accepts answers with the status codes of url-status %p', (status, codes) => {
    expect(options({ url: 'https://example.com/up', 'url-status': status }).url).toEqual({
      url: 'https://example.com/up',
      status: codes,
      body: undefined,
      timeout: 60_000,
    });
  });

  test.each([
    ['ready: yes', 'ready: yes'],
    ['/v\\d+/', /v\d+/],
    ['/a\\/b/im', /a\/b/im],
    ['/up', '/up'],
    ['//', '//'],
  ])('expects the text or pattern of url-body %p in the answer', (text, body) => {
    expect(options({ url: 'http://example.com', 'url-body': text }).url?.body).toEqual(body);
  });

  test('is read in the same way for a rollback', () => {
    expect(request('rollback', { url: 'http://example.com', 'url-timeout': '5s' }).options.url).toMatchObject(
      { timeout: 5000 },
    );
  });
});

describe('trusted-proxies', () => {
  const trusted = (text: string, more = {}) => options({ 'trusted-proxies': text, ...more }).trustedProxies;

  test('are addresses and ranges, on lines or separated by commas, each once', () => {
    expect(trusted('203.0.113.7, 10.0.0.0/16\n2001:db8::1 203.0.113.7')).toEqual({
      ranges: ['203.0.113.7/32', '10.0.0.0/16', '2001:db8::1/128'],
      proxyProtocol: false,
    });
    expect(trusted('')).toBeUndefined();
  });

  test('may be words for ranges, and speak the PROXY protocol', () => {
    const { ranges, proxyProtocol } =
      trusted('private_ranges cloudflare', { 'proxy-protocol': 'true' }) ?? {};
    expect(ranges).toEqual(
      expect.arrayContaining(['10.0.0.0/8', '::1/128', '104.16.0.0/13', '2a06:98c0::/29']),
    );
    expect(proxyProtocol).toBe(true);
  });

  test('can not be without an edge, nor speak the PROXY protocol to the ports of all apps', () => {
    expect(() => trusted('10.0.0.1', { edge: 'none' })).toThrow('trusted-proxies: with edge: none');
    const both = { 'proxy-protocol': 'true', domains: 'shop.example.com' };
    expect(() => trusted('10.0.0.1', both)).toThrow('proxy-protocol: not with "domains"');
  });
});

test.each([
  [
    'strategy',
    'bluegreen',
    'strategy: "bluegreen" is not one of blue-green, rolling, canary, recreate. Did you mean "blue-green"?',
  ],
  ['strategy', 'x', 'strategy: "x" is not one of blue-green, rolling, canary, recreate.'],
  ['strategy', 'Recreate', 'Did you mean "recreate"?'],
  ['health-path', 'up', 'health-path: "up" is not a path.'],
  ['health-path', '/a b', 'health-path: "/a b" is not a path.'],
  ['health-path', '/x{y}', 'health-path: "/x{y}" is not a path.'],
  ...['https://shop.test', 'shop.test/up', 'shop.test:0', 'a b', '[::g]'].map((host) => [
    'health-host',
    host,
    `health-host: "${host}" is not a host name.`,
  ]),
  ['health-host', 'shop.test\r\nx: y', 'health-host: "shop.test x: y" is not a host name.'],
  ...['all', '10.0.0.0/33', '10.0.0', '::1/129', 'fe80::1%eth0', '10.0.0.0/8/8', '10.0.0.0/-1'].map(
    (text) => [
      'trusted-proxies',
      text,
      `trusted-proxies: "${text}" is neither an address, a range of addresses, private_ranges nor cloudflare.`,
    ],
  ),
  ...['0.0.0.0/0', '::/0'].map((text) => [
    'trusted-proxies',
    text,
    `trusted-proxies: "${text}" is every address, so each visitor could choose`,
  ]),
  ['proxy-protocol', 'true', 'proxy-protocol: it has no effect without "trusted-proxies".'],
  ['health-status', '204', 'health-status: it says what "health-path" may answer, and that is not set.'],
  [
    'health-status',
    '2xx',
    'health-status: "2xx" is neither a status code from 100 to 599 nor a range of them.',
  ],
  [
    'health-timeout',
    '60',
    'health-timeout: "60" is not a duration. Write a number with its unit: "60s" for seconds.',
  ],
  [
    'health-timeout',
    'soon',
    'health-timeout: "soon" is not a duration. Write a number with its unit: 60s, 2m, 1m30s or 500ms.',
  ],
  ['health-timeout', '0s', 'health-timeout: "0s" is out of range. Write more than 0s and at most 24h.'],
  ['drain-timeout', '25h', 'drain-timeout: "25h" is out of range.'],
  ['url-timeout', '-1s', 'url-timeout: "-1s" is not a duration.'],
  ['keep', '0', 'keep: "0" is not a whole number of 1 or more.'],
  ['keep', '2.5', 'keep: "2.5" is not a whole number'],
  ['keep', '1e3', 'keep: "1e3" is not a whole number'],
  ['keep', '9'.repeat(20), 'is not a whole number'],
  ['dry-run', 'on', 'dry-run: "on" is neither true nor false.'],
  ['edge-image', 'Caddy', 'edge-image: "Caddy" is not an image reference.'],
  [
    'url',
    'example.com',
    'url: "example.com" is not an http:// or https:// URL. Write the full URL, such as https://app.example.com/up.',
  ],
  ['url', 'ftp://example.com', 'url: "ftp://example.com" is not an http:// or https:// URL.'],
  ['url', 'https://me:p4ss@example.com', 'url: "https://***@example.com" contains a user name or password.'],
  ['url-status', '2xx', 'url-status: "2xx" is neither a status code'],
  ['url-status', '600', 'url-status: "600" is neither'],
  ['url-status', '300-200', 'url-status: "300-200" is neither'],
  ['url-status', '200,', 'url-status: "" is neither'],
  ['url-body', 'x', 'url-body: it has no effect without "url". Set "url", or remove "url-body".'],
  ['url-body', '/(/', 'url-body: /(/ is not a regular expression'],
  ['url-body', '/x/g', 'url-body: the flags "g" are not known. Use only i, m, s and u.'],
  ['url-body', '/x/ii', 'url-body: /x/ii is not a regular expression'],
  ['port', '0', 'port: "0" is not a port.'],
  ['port', '65536', 'port: "65536" is not a port.'],
  ['port', '1:2:3', 'port: "1:2:3" is not a port.'],
  ['port', '8080/tcp', 'port: "8080/tcp" is not a port.'],
  ['volumes', './data:/data', 'volumes: "./data" is a path in the checkout, which a host does not have.'],
  ['volumes', '/data', 'volumes: "/data" has the wrong form. Write name:/path or /host/path:/path, with :ro'],
  ['volumes', 'data:/data:z', 'volumes: "data:/data:z" has the wrong form. Write name:/path'],
  ['acme-email', 'me', 'acme-email: "me" is not an email address.'],
  ['acme-directory', 'letsencrypt', 'acme-directory: "letsencrypt" is not an http:// or https:// URL.'],
  [
    'acme-ca',
    CERTIFICATE,
    'acme-ca: it has no effect without "acme-directory". Set "acme-directory", or remove "acme-ca".',
  ],
])('the deploy input %s is refused with the value %p', (name, text, message) => {
  expect(inputError('deploy', { [name]: text })).toContain(message);
});
