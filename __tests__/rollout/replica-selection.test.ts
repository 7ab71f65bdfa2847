import { describe, expect, test } from '@jest/globals';
import { selectReplicas } from '../../src/rollout/replica-selection.ts';

const container = (service: string, number: number) => ({
  name: `${service}-${number}`,
  labels: { 'com.docker.compose.service': service, 'com.docker.compose.container-number': String(number) },
});
const names = (containers: readonly { readonly name: string }[]): readonly string[] =>
  containers.map(({ name }) => name);
// As the engine lists them: youngest first, and one was removed by hand.
const CONTAINERS = [container('web', 10), container('web', 4), container('api', 1), container('web', 2)];

describe('a range of replicas', () => {
  test('has the first replicas of each service, by their numbers', () => {
    expect(names(selectReplicas(CONTAINERS, { only: { web: 2, api: 1 } }))).toEqual([
      'api-1',
      'web-2',
      'web-4',
    ]);
    expect(names(selectReplicas(CONTAINERS, { only: { web: 9 } }))).toEqual(['web-2', 'web-4', 'web-10']);
  });

  test('leaves out the first replicas of each service', () => {
    expect(names(selectReplicas(CONTAINERS, { after: { web: 2, api: 1 } }))).toEqual(['web-10']);
    expect(names(selectReplicas(CONTAINERS, { after: { web: 1 } }))).toEqual(['api-1', 'web-4', 'web-10']);
  });

  test('can start and end at any replica; without limits it has all of them', () => {
    expect(names(selectReplicas(CONTAINERS, { only: { web: 2 }, after: { web: 1 } }))).toEqual(['web-4']);
    expect(names(selectReplicas(CONTAINERS, { after: { web: 2 } }))).toEqual(['api-1', 'web-10']);
    expect(selectReplicas(CONTAINERS, {})).toEqual(CONTAINERS);
  });
});
