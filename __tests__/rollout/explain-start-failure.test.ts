import { expect, test } from '@jest/globals';
import { messageOf, SealiftError } from '../../src/model/errors.ts';
import { explainStartFailure } from '../../src/rollout/explain-start-failure.ts';
import { MemoryEngine } from './support/memory-engine.ts';

const DNS = { ports: [{ target: 53, published: '53', protocol: 'udp' }] };
const explained = async (engineMessage: string): Promise<unknown> => {
  const engine = new MemoryEngine();
  engine.listContainers = () => Promise.resolve([]);
  return explainStartFailure(engine, new SealiftError(engineMessage), [DNS]);
};

test.each([
  [
    'docker compose up ended with exit code 1: Error response from daemon: driver failed programming external connectivity on endpoint dns-1: failed to bind host port 0.0.0.0:53/udp: address already in use',
    'ssh://one: port 53 is already taken by a program outside Docker.',
  ],
  [
    'docker compose up ended with exit code 1: Error response from daemon: Conflict. The container name "/shop-db" is already in use by container "4f0c". You have to remove (or rename) that container to be able to reuse that name.',
    'ssh://one: a container with the name "shop-db" exists already, and such a name exists once on a host. Remove container_name',
  ],
  [
    'docker compose up ended with exit code 1: Error response from daemon: mkdir /var/lib/docker/overlay2/23d1-init: no space left on device',
    'ssh://one: its disk is full: could not create or start containers. Free some space',
  ],
])('what the engine says is told in plain words, with a way out: %s', async (engineMessage, text) => {
  expect(messageOf(await explained(engineMessage))).toContain(text);
});

test('any other failure stays as it is', async () => {
  expect(messageOf(await explained('no such image'))).toBe('no such image');
});
