import { expect, test } from '@jest/globals';
import { readSettings } from '../../src/cli/settings-file.ts';

const FILE = `
app: shop
image: ghcr.io/acme/shop
env: { LEVEL: info, PORT: 8080 }
keep: 3
dry-run: false
environments:
  production:
    hosts: [ssh://a, ssh://b]
    env:
      LEVEL: warn
  staging:
    hosts: ssh://s
`;
const read = (text: string, environment?: string) =>
  Object.fromEntries(readSettings(text, 'sealift.yaml', 'deploy', environment));

test('the inputs of an environment stand over those at the top; lists and maps are lines', () => {
  expect(read(FILE, 'production')).toEqual({
    app: 'shop',
    image: 'ghcr.io/acme/shop',
    env: 'LEVEL=warn',
    keep: '3',
    'dry-run': 'false',
    environment: 'production',
    hosts: 'ssh://a\nssh://b',
  });
  expect(read(FILE, 'staging')).toMatchObject({ hosts: 'ssh://s', env: 'LEVEL=info\nPORT=8080' });
});

test('numbers keep their digits, and an empty value is an empty input', () => {
  expect(read('keep: 010\nurl:\napp: "1.0"')).toEqual({ keep: '010', url: '', app: '1.0' });
  expect(read('')).toEqual({});
});

test('inputs of other commands are left out', () => {
  expect(Object.fromEntries(readSettings(FILE, 'f', 'status', 'staging'))).toEqual({
    app: 'shop',
    environment: 'staging',
    hosts: 'ssh://s',
  });
});

test.each([
  [FILE, undefined, 'environment: missing. sealift.yaml has production and staging: give --environment.'],
  [FILE, 'stagin', 'has no "stagin", but production and staging. Did you mean "staging"?'],
  ['host: x', undefined, 'sealift.yaml: there is no input "host". Did you mean "hosts"?'],
  ['- a', undefined, 'sealift.yaml: it must hold inputs'],
  ['app: [', undefined, 'sealift.yaml: Flow sequence'],
  ['environments: x', undefined, 'environments must hold the name of each'],
  ['environments: { production: x }', 'production', 'the environment production must hold inputs'],
])('the file %j with environment %s is refused: %s', (text, environment, message) => {
  expect(() => read(text, environment)).toThrow(message);
});
