import { expect, test } from '@jest/globals';
import { EngineClient } from '../../src/engine/client.ts';
import { DockerSwarm } from '../../src/engine/docker-swarm.ts';
import { unixTransport } from '../../src/engine/transports.ts';
import { HostError } from '../../src/model/errors.ts';
import { HandMadeServices } from '../../src/swarm/hand-made-services.ts';
import { ManagerConnection } from '../../src/swarm/manager-connection.ts';
import { SwarmCluster } from '../../src/swarm/swarm-cluster.ts';
import { hostName } from '../support/identifiers.ts';

/** A manager whose connection can be lost; nothing is ever asked of it. */
function manager(name: string) {
  const client = new EngineClient(hostName(name), unixTransport('/nowhere'));
  const version = { version: '28', apiVersion: '1.44', os: 'linux', architecture: 'amd64' };
  const swarm = new DockerSwarm({
    client,
    version,
    cliEnvironment: {},
    openWayBack: () => Promise.resolve({ kind: 'closed' as const, why: 'unused' }),
    close: async () => undefined,
  });
  return { swarm, lose: () => client.disconnect(new HostError(client.host, 'the connection was lost.')) };
}

const log = {
  info: () => undefined,
  notice: () => undefined,
  warning: () => undefined,
  debug: () => undefined,
};
const [first, second] = [manager('ssh://a'), manager('ssh://b')];
const asked: string[] = [];

test('what a lost connection cut short is asked again through another manager, but not what must not run twice', async () => {
  const connection = new ManagerConnection(first.swarm, async () => second.swarm, { log });
  const ask = (lose: () => void) =>
    connection.use(async ({ host, disconnected }) => {
      asked.push(host);
      lose();
      disconnected.throwIfAborted();
      return host;
    });
  expect(await ask(first.lose)).toBe('ssh://b');
  expect(asked).toEqual(['ssh://a', 'ssh://b']);
  expect(connection.host).toBe('ssh://b');

  const refused = connection.use(({ host }) => {
    asked.push(host);
    return Promise.reject(new Error('refused'));
  });
  await expect(refused).rejects.toThrow('refused');
  expect(asked).toEqual(['ssh://a', 'ssh://b', 'ssh://b']);

  const once = connection.once(async ({ disconnected }) => {
    second.lose();
    disconnected.throwIfAborted();
  });
  await expect(once).rejects.toThrow('the connection was lost');
});

test('while the managers elect a leader, it is asked again', async () => {
  const { swarm } = manager('ssh://c');
  const connection = new ManagerConnection(swarm, async () => swarm, { log });
  let count = 0;
  const answer = await connection.use(async () => {
    count += 1;
    if (count === 1)
      throw new Error("The swarm does not have a leader. It's possible that too few managers are online.");
    return count;
  });
  expect(answer).toBe(2);
});

test('a step that goes back names the manager that is asked; services that were made by hand have no way back', () => {
  const { swarm } = manager('ssh://d');
  const managers = new ManagerConnection(swarm, async () => swarm, { log });
  const of = { app: 'shop', environment: 'production' };
  const step = { run: () => Promise.reject(new Error('No program is run.')), log, folder: '/nowhere' };
  const environment = async () => ({});
  const { rollbackHint } = new SwarmCluster(managers, of, step, environment).words;
  expect(rollbackHint?.inputs.slice(0, 3)).toEqual(['orchestrator: swarm', 'hosts: |', '  ssh://d']);
  expect(new HandMadeServices(managers, of, [], step, environment).words.rollbackHint).toBeUndefined();
});
