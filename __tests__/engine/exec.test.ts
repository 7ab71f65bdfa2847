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

/** stdout of a program, as the engine frames it. */
function frame(text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test.each([
  ['one\ntwo\nended 7\n', { exitCode: 7, stdout: 'one\ntwo\n' }, 0],
  ['ended 1\nended 0\n', { exitCode: 0, stdout: 'ended 1\n' }, 0],
  // Cut off: the engine knows more.
  ['one\nended 7', { exitCode: 3, stdout: 'one\nended 7' }, 1],
  ['one\nended \n', { exitCode: 3, stdout: 'one\nended \n' }, 1],
  ['', { exitCode: 3, stdout: '' }, 1],
])(
  'a program that prints its exit code is believed if it is complete: %j',
  async (printed, result, questions) => {
    const socket = new PassThrough();
    let asked = 0;
    const client = Object.assign(new EngineClient(hostName('unix:///test'), unixTransport('/test')), {
      callJson: async (_operation: string, method: string) => {
        if (method === 'POST') return { Id: 'exec' };
        asked += 1;
        return { Running: false, ExitCode: 3 };
      },
      hijack: () => Promise.resolve({ socket, head: Buffer.alloc(0) }),
    });
    socket.end(frame(printed));
    expect(await exec(client, 'web', ['true'], { exitWords: 'ended' })).toMatchObject(result);
    expect(asked).toBe(questions);
  },
);

test('a program that prints without end is given up', async () => {
  const socket = new PassThrough();
  const client = Object.assign(new EngineClient(hostName('unix:///test'), unixTransport('/test')), {
    callJson: () => Promise.resolve({ Id: 'exec' }),
    hijack: () => Promise.resolve({ socket, head: Buffer.alloc(0) }),
  });
  const chunk = frame('x'.repeat(60_000));
  const feed = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', feed);
  feed();
  await expect(exec(client, 'web', ['yes'], {})).rejects.toThrow(
    'could not run "yes" in container web: it printed more than 16 MB.',
  );
  expect(socket.destroyed).toBe(true);
});
