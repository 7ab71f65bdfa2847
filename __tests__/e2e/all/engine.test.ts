/** Engines over the other schemes, with other settings of sshd, and connections that break as a whole (../engine.test.ts). */
import { afterEach, describe, expect, test } from '@jest/globals';
import { HostError } from '../../../src/model/errors.ts';
import { failure } from '../../engine/step-context.ts';
import {
  proveKilledStepLeavesNothing,
  proveReachedInSpiteOf,
  removeLeftContainers,
  withCallsUnderWay,
} from '../../support/connection-proofs.ts';
import { connectInTests, lab, open, other, proveEngine } from '../../support/engine-proofs.ts';

connectInTests();
proveEngine('tcp:// with TLS');
proveEngine('unix://');

describe('where sshd refuses to forward', () => {
  proveReachedInSpiteOf(['AllowTcpForwarding no', 'DisableForwarding yes']);
});

describe('a connection that breaks', () => {
  afterEach(async () => {
    await lab.run('heal', other.name);
  });

  test.each([
    ['ssh://', other.url, /the SSH connection was lost: the server did not answer for 15 s/],
    ['tcp://', other.tcpUrl, /the connection was lost: the server does not answer any more/],
  ])(
    'where a cable breaks over %s every call under way ends by itself with the host and the cause',
    async (_, url, pattern) => {
      const engine = await open(url);
      await withCallsUnderWay(engine, async (calls) => {
        await lab.run('cut', other.name);
        // One on a connection that looks fine, whose bytes nobody will ever acknowledge.
        const late = failure(engine.listContainers([]));
        for (const error of await Promise.all([...calls, late])) {
          expect(error).toBeInstanceOf(HostError);
          expect(error.message).toMatch(pattern);
        }
        expect(engine.disconnected.reason).toBeInstanceOf(HostError);
      });
      await lab.run('heal', other.name);
      await removeLeftContainers();
    },
  );

  test('where the engine alone ends calls end, and the connection serves again once it is back', async () => {
    const engine = await open(other.url);
    await withCallsUnderWay(engine, async (calls, id) => {
      await lab.run('engine-kill', other.name);
      for (const error of await Promise.all(calls)) {
        expect(error).toBeInstanceOf(HostError);
        expect(error.message).toMatch(/Was it stopped/);
      }
      expect(engine.disconnected.aborted).toBe(false);
      await lab.run('engine-start', other.name);
      expect(await engine.inspectContainer(id)).toMatchObject({ id });
    });
  });
});

describe('a step that is killed', () => {
  proveKilledStepLeavesNothing('dial-stdio', 'AllowStreamLocalForwarding no');
});
