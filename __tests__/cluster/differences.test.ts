import { expect, test } from '@jest/globals';
import { definitionDifferences } from '../../src/cluster/differences.ts';

test.each([
  ['nothing, in another order', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
  ['a value', { deploy: { replicas: 2 } }, { deploy: { replicas: 3 } }, ['deploy.replicas: 2 → 3']],
  ['something new', {}, { user: 'app' }, ['user: app']],
  ['something that is gone', { user: 'app' }, {}, ['without user']],
  ['a list, as a whole', { ports: [1] }, { ports: [1, 2] }, ['ports: [1] → [1,2]']],
  ['everything', undefined, { image: 'a' }, ['image: a']],
])('finds %s', (_, before, after, lines) => {
  expect(definitionDifferences(before, after)).toEqual(lines);
});

test('never shows what may be a secret', () => {
  const of = (secret: string) => ({
    environment: { TOKEN: secret },
    command: ['serve', secret],
    entrypoint: [secret],
    labels: { key: secret },
    healthcheck: { test: ['CMD', secret] },
  });
  const lines = definitionDifferences(of('hunter1'), of('hunter2'));
  expect(lines).toEqual(['command', 'entrypoint', 'environment.TOKEN', 'healthcheck.test', 'labels.key']);
  const added = definitionDifferences({ image: 'a' }, { image: 'a', environment: { TOKEN: 'hunter2' } });
  expect(added).toEqual(['environment']);
  expect(definitionDifferences(undefined, { healthcheck: { retries: 1, test: ['hunter2'] } })).toEqual([
    'healthcheck.retries: 1',
    'healthcheck.test',
  ]);
});
