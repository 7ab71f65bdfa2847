import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { EngineClient } from '../../src/engine/client.ts';
import { exec } from '../../src/engine/exec.ts';
import { unixTransport } from '../../src/engine/transports.ts';
import { hostName } from '../support/identifiers.ts';

test('an error of the socket after exec has ended does not end the process', async () => {
  const socket = new PassThrough();
  const client = Object.assign(new EngineClient(hostName('unix:///test'), unixTransport('/test')), {
    callJson: (_operation: string, method: string) =>
      Promise.resolve(method === 'POST' ? { Id: 'exec' } : { Running: false, ExitCode: 3 }),
    hijack: () => Promise.resolve({ socket, head: Buffer.alloc(0) }),
  });
  socket.end();
  expect(await exec(client, 'web', ['true'], {})).toMatchObject({ exitCode: 3 });
  // Without a listener, this throws, and the process of a deploy would end without a rollback.
  expect(() => socket.emit('error', new Error('read ECONNRESET'))).not.toThrow();
});
