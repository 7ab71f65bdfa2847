import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CERTIFICATE, likeTheRunner, refusal, request } from './runner.ts';

likeTheRunner();
const options = (given: Readonly<Record<string, string>>) => request('deploy', given).options;
const compose = (given: Readonly<Record<string, string>>) => options(given).compose;

test('takes how a deploy goes', () => {
  const given = {
    strategy: 'recreate',
    'health-path': '/up?full=1',
    'health-timeout': '2m',
    'drain-timeout': '500ms',
    keep: '1',
    'dry-run': 'true',
    'edge-image': 'registry.example.com/caddy:2',
    'acme-email': 'me@example.com',
    'acme-directory': 'https://ca.example.com/directory',
    'acme-ca': CERTIFICATE,
  };
  expect(options(given)).toMatchObject({
    strategy: { name: 'recreate' },
    healthPath: '/up?full=1',
    healthTimeout: 120_000,
    drainTimeout: 500,
    keep: 1,
    dryRun: true,
    edgeImage: 'registry.example.com/caddy:2',
    acme: { email: 'me@example.com', directory: 'https://ca.example.com/directory', ca: `${CERTIFICATE}\n` },
  });
});

describe('compose-file', () => {
  test('takes several lines', () => {
    writeFileSync('prod.yaml', '');
    expect(compose({ 'compose-file': 'compose.yaml\nprod.yaml' }).files).toEqual([
      'compose.yaml',
      'prod.yaml',
    ]);
  });

  test('that is missing is named', () => {
    expect(refusal('deploy', { 'compose-file': 'compose.yaml\nprod.yaml' })).toMatch(
      /^compose-file: "prod\.yaml" is not in \/.*\.$/,
    );
    expect(refusal('build', { 'compose-file': 'prod.yaml' })).toMatch(
      /^compose-file: "prod\.yaml" is not in \//,
    );
  });

  test('that nobody named may be missing where port says how to do without', () => {
    rmSync('compose.yaml');
    writeFileSync('Dockerfile', '');
    expect(compose({ port: '80:8080', volumes: 'data:/data:ro\n/srv/x:/x' })).toMatchObject({
      files: undefined,
      port: '80:8080',
      volumes: ['data:/data:ro', '/srv/x:/x'],
    });
    expect(refusal('deploy', { port: '' })).toMatch(
      /^compose-file: "compose\.yaml" is not in .* Name your Compose file, or set port to the port that the app listens on/,
    );
    expect(request('build').compose.files).toBeUndefined();
  });

  test('under another usual name is pointed at', () => {
    rmSync('compose.yaml');
    writeFileSync('docker-compose.yml', '');
    expect(refusal('deploy', {})).toContain(
      'There is docker-compose.yml; set compose-file: docker-compose.yml to use it.',
    );
  });

  test('in an empty folder points at the checkout', () => {
    rmSync('compose.yaml');
    expect(refusal('deploy', {})).toContain(' is empty. Run actions/checkout before this step.');
  });
});

describe('env', () => {
  test('gives variables', () => {
    expect(compose({ env: 'A=1\nCOMPOSE_PROFILES=web\nPEM="a\nb"' }).variables).toEqual(
      new Map([
        ['A', '1'],
        ['COMPOSE_PROFILES', 'web'],
        ['PEM', 'a\nb'],
      ]),
    );
  });

  test.each(['IMAGE', 'PATH', 'DOCKER_HOST', 'COMPOSE_FILE'])("can't set %s", (name) => {
    expect(refusal('deploy', { env: `${name}=x` })).toMatch(
      new RegExp(`^env: "${name}" can't be set: .*\\. Use another name\\.$`),
    );
  });
});

describe('domains', () => {
  test('lead to the only way in, or to a service and its port', () => {
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
    ['https://app.example.com', 'is an address. Write the domain alone, without https:// and path.'],
    ['app.example.com/x', 'is an address.'],
    ['*.example.com', 'is a wildcard'],
    ['app.example.com:8080', 'has a port.'],
    ['192.0.2.1', 'is an IP address'],
    ['2001:db8::1', 'is an IP address'],
    ['app_x.example.com', 'is not a domain name.'],
    ['app..example.com', 'is not a domain name.'],
    ['app.example.com.', 'is not a domain name.'],
    [`${'a'.repeat(64)}.example.com`, 'is not a domain name.'],
    ['a b', 'is not a domain name.'],
    ['a.example.com\nA.example.com', '"a.example.com" is given a second time.'],
    ['a.example.com=', '"" of a.example.com is not service or service:port, such as web:8080.'],
    ['a.example.com=web:0', '"web:0" of a.example.com is not service'],
    ['a.example.com=web:', '"web:" of a.example.com is not service'],
    ['a.example.com=https://web', 'is not service'],
  ])('%p is refused', (domains, message) => {
    expect(refusal('deploy', { domains })).toMatch(/^domains: "/);
    expect(refusal('deploy', { domains })).toContain(message);
  });
});

describe('url', () => {
  test.each([
    ['200', [200]],
    ['200,204', [200, 204]],
    ['404, 200 - 202', [200, 201, 202, 404]],
  ])('may be answered with %s', (status, codes) => {
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
  ])('has a body with %p', (text, body) => {
    expect(options({ url: 'http://example.com', 'url-body': text }).url?.body).toEqual(body);
  });

  test('is the same for a rollback', () => {
    expect(request('rollback', { url: 'http://example.com', 'url-timeout': '5s' }).options.url).toMatchObject(
      { timeout: 5000 },
    );
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
  ['health-timeout', '0s', 'health-timeout: "0s" is out of range. Give more than 0s and at most 24h.'],
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
    'url: "example.com" is not an http:// or https:// address. Write it whole: https://app.example.com/up.',
  ],
  ['url', 'ftp://example.com', 'url: "ftp://example.com" is not an http:// or https:// address.'],
  ['url', 'https://me:p4ss@example.com', 'url: "https://***@example.com" has a user name or password in it.'],
  ['url-status', '2xx', 'url-status: "2xx" is neither a status code'],
  ['url-status', '600', 'url-status: "600" is neither'],
  ['url-status', '300-200', 'url-status: "300-200" is neither'],
  ['url-status', '200,', 'url-status: "" is neither'],
  ['url-body', 'x', 'url-body: there is no url whose answer could be looked at. Set url.'],
  ['url-body', '/(/', 'url-body: /(/ is not a regular expression'],
  ['url-body', '/x/g', 'url-body: the flags "g" are not known; i, m, s and u are.'],
  ['url-body', '/x/ii', 'url-body: /x/ii is not a regular expression'],
  ['port', '0', 'port: "0" is not a port.'],
  ['port', '65536', 'port: "65536" is not a port.'],
  ['port', '1:2:3', 'port: "1:2:3" is not a port.'],
  ['port', '8080/tcp', 'port: "8080/tcp" is not a port.'],
  ['volumes', './data:/data', 'volumes: "./data" is a path of the checkout, which a host does not have.'],
  ['volumes', '/data', 'volumes: "/data" is not name:/path'],
  ['volumes', 'data:/data:z', 'volumes: "data:/data:z" is not name:/path'],
  ['acme-email', 'me', 'acme-email: "me" is not an email address.'],
  ['acme-directory', 'letsencrypt', 'acme-directory: "letsencrypt" is not an http:// or https:// address.'],
  ['acme-ca', CERTIFICATE, 'acme-ca: there is no acme-directory that it could belong to.'],
])('%s: %p is refused', (name, text, message) => {
  expect(refusal('deploy', { [name]: text })).toContain(message);
});
