import { expect, test } from '@jest/globals';
import type { ContainerDetails, ContainerSummary } from '../../src/engine/engine.ts';
import { NotFound } from '../../src/engine/errors.ts';
import { HostError } from '../../src/model/errors.ts';
import { inspectAll } from '../../src/rollout/containers.ts';
import { hostName } from '../support/identifiers.ts';
import { details } from './support/memory-engine.ts';

const listed = (id: string): ContainerSummary => ({
  ...{ id, name: id, imageId: '', labels: {}, state: 'running', ports: [], networks: [], volumes: [] },
});

const engine = (broken: (id: string) => Error | undefined) => ({
  inspectContainer(id: string): Promise<ContainerDetails> {
    const error = broken(id);
    return error === undefined ? Promise.resolve(details({ id })) : Promise.reject(error);
  },
});

test('a container that is removed between list and inspection is left out', async () => {
  const gone = engine((id) =>
    id === 'b' ? new NotFound(hostName('ssh://one'), 'no such container') : undefined,
  );
  const found = await inspectAll(gone, ['a', 'b', 'c'].map(listed));
  expect(found.map(({ id }) => id)).toEqual(['a', 'c']);
});

test('any other failure of an inspection is thrown', async () => {
  const lost = engine((id) =>
    id === 'b' ? new HostError(hostName('ssh://one'), 'connection lost') : undefined,
  );
  await expect(inspectAll(lost, ['a', 'b'].map(listed))).rejects.toThrow('connection lost');
});
