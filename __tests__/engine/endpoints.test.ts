import { expect, test } from '@jest/globals';
import { tunnelEndpoint, unixEndpoint } from '../../src/engine/endpoints.ts';
import { engineBehindSsh } from '../../src/engine/engine-errors.ts';
import { parseAddress } from '../../src/model/address.ts';

const START =
  'Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run this job again.';
const broken = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

test.each([
  ['on this machine', unixEndpoint('/run/docker.sock').explain(broken('ECONNREFUSED'))],
  ['in the middle of a call', tunnelEndpoint('/run/tunnel.sock').explain(broken('ECONNRESET'))],
])('an engine that does not run %s is to be started', (_, message) => {
  expect(message).toContain(START);
});

test('an engine that does not run behind SSH is to be started', () => {
  const address = parseAddress('ssh://deploy@server');
  if (address.kind !== 'ssh') throw new Error('It is ssh.');
  const said = {
    forwarding: [],
    dialing: ['Cannot connect to the Docker daemon. Is the docker daemon running?'],
  };
  expect(engineBehindSsh(address, said, broken('ECONNRESET')).message).toBe(
    `ssh://deploy@server: the Docker engine is not running there. ${START}`,
  );
});
