import { describe, expect, test } from '@jest/globals';
import { inputError, request, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();
const options = (given: Readonly<Record<string, string>>) => request('build', given).source.options;

test('every build input is passed to the build', () => {
  expect(
    options({
      context: 'app',
      file: 'app/Dockerfile.prod',
      target: 'web',
      'build-args': 'A=1\nB="x y"',
      'build-secrets': 'npm.token=abc\nrc="//registry=1\n_auth=2"',
      labels: 'org.example/team=a=b',
      provenance: 'mode=max',
      sbom: 'true',
      pull: 'True',
      'no-cache': 'TRUE',
      rebuild: 'true',
      'add-hosts': 'db:10.0.0.1\nhost.docker.internal=host-gateway\nsix:::1',
      'build-contexts': 'base=docker-image://alpine:3\nlib=../lib',
      'cache-from': 'type=gha\nme/shop:cache',
      'cache-to': 'type=registry,ref=me/shop:cache,mode=max',
    }),
  ).toEqual({
    context: 'app',
    file: 'app/Dockerfile.prod',
    target: 'web',
    buildArgs: ['A=1', 'B=x y'],
    buildSecrets: ['npm.token=abc', 'rc=//registry=1\n_auth=2'],
    platforms: [],
    labels: ['org.example/team=a=b'],
    cacheFrom: ['type=gha', 'me/shop:cache'],
    cacheTo: ['type=registry,ref=me/shop:cache,mode=max'],
    provenance: 'mode=max',
    sbom: 'true',
    pull: true,
    noCache: true,
    addHosts: ['db:10.0.0.1', 'host.docker.internal=host-gateway', 'six:::1'],
    buildContexts: ['base=docker-image://alpine:3', 'lib=../lib'],
    tags: [],
    tests: new Map(),
    rebuild: true,
    attest: false,
  });
});

test('platforms are separated by line breaks or commas, and each counts once', () => {
  expect(options({ platforms: 'linux/amd64, linux/arm64\nlinux/arm/v7,linux/amd64' }).platforms).toEqual([
    'linux/amd64',
    'linux/arm64',
    'linux/arm/v7',
  ]);
});

test('tags keep their templates, and each counts once', () => {
  expect(
    options({ tags: 'latest\n1.0.0\n{{branch}}\npr-{{ pr }}\n{{sha7}}-x\n{{semver}}\nlatest' }).tags,
  ).toEqual(['latest', '1.0.0', '{{branch}}', 'pr-{{ pr }}', '{{sha7}}-x', '{{semver}}']);
});

describe('the input test', () => {
  test.each([
    ['pytest -q', { '': ['pytest -q'] }],
    ['npm run lint\nnpm test', { '': ['npm run lint', 'npm test'] }],
    ['web=npm test\napi=pytest -q --opt=1', { web: ['npm test'], api: ['pytest -q --opt=1'] }],
    ['web=npm run lint\nweb=npm test', { web: ['npm run lint', 'npm test'] }],
    ['pytest --cov=app', { '': ['pytest --cov=app'] }],
  ])('gives the commands of %p by service', (text, tests) => {
    expect(Object.fromEntries(options({ test: text }).tests)).toEqual(tests);
  });
});

test.each([
  ['pull', 'yes', 'pull: "yes" is neither true nor false.'],
  ['no-cache', '1', 'no-cache: "1" is neither true nor false.'],
  ['rebuild', 'tRUE', 'rebuild: "tRUE" is neither true nor false.'],
  ['build-args', 'A', 'build-args, line 1: not KEY=VALUE.'],
  ['build-secrets', 'a b=1', 'build-secrets, line 1: the name before "=" is not valid.'],
  ['labels', '=1', 'labels, line 1: not KEY=VALUE.'],
  ['platforms', 'arm64', 'platforms: "arm64" is not os/architecture'],
  ['provenance', 'max', 'provenance: "max" is neither true nor false nor attributes such as mode=max.'],
  [
    'sbom',
    'yes',
    'sbom: "yes" is neither true nor false nor attributes such as generator=image. Did you mean "true"?',
  ],
  ['add-hosts', 'db', 'add-hosts: "db" has the wrong form. Write host:address.'],
  ['build-contexts', 'lib', 'build-contexts: "lib" has the wrong form. Write name=path'],
  ['cache-from', 'type=gah', 'cache-from: "type=gah" has the unknown type "gah".'],
  ['cache-to', 'ref=me/shop', 'cache-to: "ref=me/shop" has no type.'],
  [
    'cache-to',
    'type=s3,secret_access_key=abc',
    'cache-to: "secret_access_key" would be visible in the command line',
  ],
  ['tags', 'feature/x', 'tags: "feature/x" is not a valid tag'],
  ['tags', 'latest,1.0', 'tags: "latest,1.0" is not a valid tag'],
  ['tags', `${'x'.repeat(129)}`, 'is not a valid tag'],
  ['tags', '{{brnch}}', 'Did you mean {{branch}}?'],
  ['tags', '{{}}', 'tags: {{}} is not one of {{branch}}, {{branch-slug}}, '],
  ['test', 'web=', 'test: "web=" has no command for "web". Write service=command or only the command.'],
])('the build input %s is refused with the value %p', (name, text, message) => {
  expect(inputError('build', { [name]: text })).toContain(message);
});
