import { expect, test } from '@jest/globals';
import { sshEngineError } from '../../src/engine/ssh-engine-error.ts';
import { tunnelTransport, unixTransport } from '../../src/engine/transports.ts';
import { parseHostAddress } from '../../src/model/host-address.ts';

const START =
  'Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run this job again.';
const broken = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

test.each([
  ['on this machine', unixTransport('/run/docker.sock').explainError(broken('ECONNREFUSED'))],
  ['in the middle of a call', tunnelTransport('/run/tunnel.sock').explainError(broken('ECONNRESET'))],
])('the error says how to start an engine that does not run %s', (_, message) => {
  expect(message).toContain(START);
});

test('the error says how to start an engine that does not run behind SSH', () => {
  const address = parseHostAddress('ssh://deploy@server');
  if (address.kind !== 'ssh') throw new Error('It is ssh.');
  const output = {
    forwarding: [],
    dialing: ['Cannot connect to the Docker daemon. Is the docker daemon running?'],
  };
  expect(sshEngineError(address, output, broken('ECONNRESET')).message).toBe(
    `ssh://deploy@server: the Docker engine is not running there. ${START}`,
  );
});
