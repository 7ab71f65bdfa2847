import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { EngineClient } from '../../src/engine/client.ts';
import { exec } from '../../src/engine/exec.ts';
import { PreparedShells } from '../../src/engine/prepared-shells.ts';
import { unixTransport } from '../../src/engine/transports.ts';
import { hostName } from '../support/identifiers.ts';

/** An engine whose programs print nothing and end with 0; it notes what is asked, and what each program reads. */
function engine() {
  const asked: string[] = [];
  const inputs: string[] = [];
  const sockets: PassThrough[] = [];
  const client = Object.assign(new EngineClient(hostName('unix:///test'), unixTransport('/test')), {
    callJson: async (_operation: string, method: string, path: string, { body }: { body?: unknown } = {}) => {
      asked.push(`${method} ${path} ${JSON.stringify((body as { Cmd?: unknown } | undefined)?.Cmd ?? '')}`);
      return method === 'POST' ? { Id: 'exec' } : { Running: false, ExitCode: 0 };
    },
    hijack: async () => {
      const output = new PassThrough();
      const write = (text: string): boolean => {
        inputs.push(text);
        output.push(null);
        return true;
      };
      sockets.push(output);
      return { socket: Object.assign(output, { write }), head: Buffer.alloc(0) };
    },
  });
  return { client, asked, inputs, sockets };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a program runs in a shell that waits, with one message in place of two requests', async () => {
  const { client, asked, inputs } = engine();
  const shells = new PreparedShells(client);
  shells.prepare('edge');
  await settled();
  expect(asked).toEqual(['POST /containers/edge/exec ["sh"]']);
  expect(await exec(client, 'edge', ['sh', '-c', 'echo "$1"', 'x', 'a'], {}, shells)).toMatchObject({
    exitCode: 0,
  });
  expect(inputs).toEqual([`exec 'sh' '-c' 'echo "$1"' 'x' 'a' </dev/null\n`]);
  // A shell runs one program.
  const output = exec(client, 'edge', ['true'], {}, shells);
  await settled();
  expect(asked).toContain('POST /containers/edge/exec ["true"]');
  output.catch(() => undefined);
});

test.each([
  ["it's", '"', '$(id)', '`id`', 'a\nb', '', '\\', "'; exit 7; '"],
  ['--', '-e', '*', '~', '#', '&&', '\t', 'ü'],
])('every word reaches the program as it is: %j, …', async (...words) => {
  const { client, inputs } = engine();
  const shells = new PreparedShells(client);
  shells.prepare('edge');
  await exec(client, 'edge', ['printf', '<%s>', ...words], {}, shells);
  const { stdout, status } = spawnSync('sh', { input: inputs.join('') });
  expect([status, stdout.toString()]).toEqual([0, words.map((word) => `<${word}>`).join('')]);
});

test.each([
  ['the shell has ended', {}, true],
  ['it runs as somebody else', { user: 'nobody' }, false],
])('a program is started as always if %s', async (_, options, ends) => {
  const { client, asked, inputs, sockets } = engine();
  const shells = new PreparedShells(client);
  shells.prepare('edge');
  await settled();
  if (ends) sockets[0]?.destroy();
  void exec(client, 'edge', ['true'], options, shells).catch(() => undefined);
  await settled();
  await settled();
  expect(asked).toContain('POST /containers/edge/exec ["true"]');
  expect(inputs).toEqual([]);
});

test('a shell that could not be opened is no failure', async () => {
  const { client } = engine();
  const broken = Object.assign(Object.create(client), {
    callJson: () => Promise.reject(new Error('409')),
  });
  const shells = new PreparedShells(broken);
  shells.prepare('edge');
  expect(await shells.start('edge', ['true'], {})).toBeUndefined();
});

test('when the signal aborts, its reason is thrown', async () => {
  const { client, sockets } = engine();
  const shells = new PreparedShells(client);
  shells.prepare('edge');
  await settled();
  // It reads its program, and goes on.
  Object.assign(sockets[0] ?? {}, { write: () => true });
  const cancelled = new AbortController();
  const running = exec(client, 'edge', ['sleep'], { signal: cancelled.signal }, shells);
  await settled();
  cancelled.abort(new Error('The job was cancelled.'));
  await expect(running).rejects.toThrow('The job was cancelled.');
});

test('a signal that aborts while the shell is being opened is not waited past, and the shell is closed', async () => {
  const { client, sockets } = engine();
  let answer = (): void => undefined;
  const slow = Object.assign(Object.create(client), {
    callJson: () =>
      new Promise((resolve) => {
        answer = () => resolve({ Id: 'exec' });
      }),
  });
  const shells = new PreparedShells(slow);
  shells.prepare('edge');
  const cancelled = new AbortController();
  const running = exec(client, 'edge', ['true'], { signal: cancelled.signal }, shells);
  cancelled.abort(new Error('The job was cancelled.'));
  await expect(running).rejects.toThrow('The job was cancelled.');
  answer();
  await settled();
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
});
