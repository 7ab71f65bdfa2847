import { describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { keysOfMapping, lineOfKey } from '../../src/model/yaml-lines.ts';
import { find, read } from '../support/repository.ts';

const FILE = `# services: in a comment
name: shop

services:
    # the shop
    "web":
        image: \${IMAGE}
        command: |
            services:
            ports: none
        ports:
            - "80:3000"
    api: { image: api, ports: [80] }
    'job one':
        image: job

volumes:
  data:
`;

describe('the line of a key', () => {
  test.each<[readonly string[], number | undefined]>([
    [['services'], 4],
    [['services', 'web'], 6],
    [['services', 'web', 'ports'], 11],
    [['services', 'job one', 'image'], 15],
    [['volumes', 'data'], 18],
  ])('%j is %d', (path, line) => {
    expect(lineOfKey(FILE, path)).toBe(line);
  });

  test.each<[string, readonly string[], number | undefined]>([
    ['of the service, if the service is written in one line', ['services', 'api', 'ports'], 13],
    ['of the service, if it has no such key', ['services', 'web', 'deploy', 'replicas'], 6],
    ['of the mapping, if it has no such service', ['services', 'db'], 4],
    ['of nothing, if the file has no such mapping', ['networks', 'net'], undefined],
    ['of nothing in an empty path', [], undefined],
  ])('is that %s', (_, path, line) => {
    expect(lineOfKey(FILE, path)).toBe(line);
  });

  test('does not depend on the form of line ends', () => {
    expect(lineOfKey(FILE.replaceAll('\n', '\r\n'), ['services', 'web', 'ports'])).toBe(11);
  });

  test.each(find('{examples,__tests__/fixtures/compose}/**/compose*.yaml'))(
    'is that which a YAML parser finds for each service of %s',
    (file) => {
      const text = read(file);
      const { services = {} } = parseDocument(text).toJS() ?? {};
      for (const name of Object.keys(services)) {
        const line = lineOfKey(text, ['services', name]);
        expect(text.split('\n')[(line ?? 0) - 1]?.trim()).toMatch(new RegExp(`^["']?${name}["']?:`));
      }
    },
  );
});

test('the keys of a mapping are those of its own level', () => {
  expect(keysOfMapping(FILE, ['services'])).toEqual(['web', 'api', 'job one']);
  expect(keysOfMapping(FILE, ['services', 'web'])).toEqual(['image', 'command', 'ports']);
  expect(keysOfMapping(FILE, ['services', 'api'])).toEqual([]);
  expect(keysOfMapping('', ['on'])).toEqual([]);
});
