import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type DialStdio, openDialStdio } from '../../src/engine/dial-stdio.ts';
import { shellCommand } from '../../src/engine/remote-session.ts';
import { SessionSlots } from '../../src/engine/session-slots.ts';
import { Tail } from '../../src/run/tail.ts';
import { until } from '../support/patience.ts';

/** In place of ssh: runs the command here, after what the test wants of the server. */
let folder: string;
let dial: DialStdio;

async function open(server: string, { program = 'cat', sessions = 1 } = {}): Promise<void> {
  writeFileSync(
    join(folder, 'ssh'),
    `#!/bin/sh\necho x >>"${folder}/sessions"\n${server}\nexec sh -c "$2"\n`,
    { mode: 0o755 },
  );
  const slots = new SessionSlots();
  slots.add({ sessionArguments: ['host'], stderr: new Tail(1) }, sessions);
  const environment = { PATH: `${folder}:${process.env['PATH']}` };
  const command = () => shellCommand(program);
  dial = await openDialStdio(join(folder, 'dial'), { slots, command, environment });
}

const call = (): Socket => connect({ path: dial.socketPath, allowHalfOpen: true });
const sessions = () => readFileSync(join(folder, 'sessions'), 'utf8').length / 2;

/** Whether a process has not ended. */
function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dial-'));
});

afterEach(async () => {
  await dial.close();
  rmSync(folder, { recursive: true });
});

test('nothing that a client sends is read before its command runs, and all of it arrives', async () => {
  // A start-up file that swallows what is there.
  await open("printf 'Continue? '; timeout 0.2 cat >/dev/null");
  const socket = call();
  const sent = Buffer.alloc(300_000, 'line\n');
  socket.end(sent);
  expect((await buffer(socket)).equals(sent)).toBe(true);
});

test('a session that sshd refuses is tried again, and the client does not notice', async () => {
  const refusal = 'mux_client_request_session: session request failed: Session open refused by peer';
  await open(`[ $(wc -l <"${folder}/sessions") -gt 2 ] || { echo '${refusal}' >&2; exit 255; }`);
  const socket = call();
  socket.end('hello');
  expect((await buffer(socket)).toString()).toBe('hello');
  expect(sessions()).toBe(3);
});

test('a command that can not run ends the connection, and what was printed instead is kept', async () => {
  await open("printf '\\033[1mno deploys'; echo today >&2; exit 1");
  const socket = call();
  socket.resume();
  await once(socket, 'end');
  expect(dial.output.lines).toEqual(expect.arrayContaining(['today', 'no deploys']));
  expect(sessions()).toBe(1);
});

test('all that a command has printed arrives, though it ended before the client read it', async () => {
  const ended = join(folder, 'ended');
  await open('', { program: `sh -c 'head -c 400000 /dev/zero; echo $$ >${ended}'` });
  const socket = call();
  await until('the command has ended', () => existsSync(ended) && !runs(Number(readFileSync(ended))));
  expect((await buffer(socket)).length).toBe(400_000);
  socket.destroy();
});

test('more connections than sessions wait until one ends', async () => {
  await open('', { sessions: 2 });
  const sockets = [call(), call(), call()];
  for (const [index, socket] of sockets.entries()) socket.write(`${index}`);
  const answers = sockets.map((socket) => once(socket, 'data').then(([data]) => String(data)));
  expect(await Promise.all(answers.slice(0, 2))).toEqual(['0', '1']);
  expect(sessions()).toBe(2);
  sockets[0]?.end();
  expect(await answers[2]).toBe('2');
  for (const socket of sockets) socket.destroy();
});
