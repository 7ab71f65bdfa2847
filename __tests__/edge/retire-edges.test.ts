import { expect, test } from '@jest/globals';
import { retireEdges } from '../../src/edge/retire-edges.ts';
import type { ContainerSummary } from '../../src/engine/engine.ts';
import { HostError } from '../../src/model/errors.ts';
import { MemoryEngine } from '../rollout/support/memory-engine.ts';
import { hostName } from '../support/identifiers.ts';

const edge = (id: string): ContainerSummary => ({
  ...{ id, name: id, imageId: '', labels: {}, state: 'running' },
  ...{ ports: [], networks: [], volumes: [] },
});

function engineThatFails(): { readonly engine: MemoryEngine; readonly removed: string[] } {
  const engine = new MemoryEngine(hostName('ssh://one'));
  const removed: string[] = [];
  engine.exec = () => Promise.reject(new HostError(engine.host, 'the container is paused.'));
  engine.removeContainer = (id) => {
    if (id === 'stuck') return Promise.reject(new HostError(engine.host, 'the device is busy.'));
    removed.push(id);
    return Promise.resolve();
  };
  engine.setRestartPolicy = () => Promise.resolve();
  return { engine, removed };
}

test('a former edge that can not be drained or removed is a warning, since its successor serves; the others are removed', async () => {
  const { engine, removed } = engineThatFails();
  const warnings: string[] = [];
  const former = [edge('stuck'), edge('old')];
  await retireEdges(engine, former, [edge('old')], (message) => warnings.push(message));
  expect(removed).toEqual(['old']);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^ssh:\/\/one: the former edge old could not be drained, .*: the container is paused\.$/,
    ),
    expect.stringMatching(
      /^ssh:\/\/one: the former edge stuck could not be removed; .*: the device is busy\.$/,
    ),
  ]);
});

test('a lost connection is an error', async () => {
  const { engine } = engineThatFails();
  engine.disconnect(new Error('gone'));
  await expect(retireEdges(engine, [edge('old')], [edge('old')], () => undefined)).rejects.toThrow('paused');
});
