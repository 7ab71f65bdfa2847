/** The script that moves the traffic and then drains, in a shell of this machine. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { switchAndDrain } from '../../src/edge/switch-traffic.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { MemoryEngine } from '../rollout/support/memory-engine.ts';
import { releaseId } from '../support/identifiers.ts';

const folder = mkdtempSync(join(tmpdir(), 'edge-'));
const programs = mkdtempSync(join(tmpdir(), 'programs-'));
const metrics = join(programs, 'metrics');
afterAll(() => {
  for (const each of [folder, programs]) rmSync(each, { recursive: true });
});
writeFileSync(join(programs, 'wget'), `#!/bin/sh\nexec cat ${metrics}\n`, { mode: 0o755 });

const inFlight = (count: number): string =>
  `caddy_http_requests_in_flight{handler="subroute",server="blue.web"} ${count}\n`;

let ended: boolean;

/** Runs the scripts of the edge in a folder of this machine. */
const engine: Engine = Object.assign(new MemoryEngine(), {
  exec: async (
    _: string,
    argv: readonly string[],
    { onStdout, signal }: Parameters<Engine['exec']>[2] = {},
  ) => {
    const [shell = '', ...args] = argv.map((each) => (each === '/sealift/edge' ? folder : each));
    const PATH = `${programs}${delimiter}${process.env['PATH']}`;
    const child = spawn(shell, args, { cwd: folder, env: { PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
    signal?.addEventListener('abort', () => child.kill());
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      onStdout?.(printed);
    });
    const [stderr] = await Promise.all([
      text(child.stderr),
      new Promise((resolve) => child.on('close', resolve)),
    ]);
    ended = true;
    signal?.throwIfAborted();
    const at = printed.lastIndexOf('sealift-script-ended');
    return { exitCode: Number.parseInt(printed.slice(at + 20), 10), stdout: printed.slice(0, at), stderr };
  },
});

const switchTo = (address: string, signal = new AbortController().signal) =>
  switchAndDrain(
    engine,
    'edge',
    { slot: 'green', release: releaseId('22222222'), addresses: new Map([['web', [address]]]) },
    { addresses: ['10.0.0.2'], timeout: 5_000, signal },
  );

beforeEach(() => {
  ended = false;
  writeFileSync(join(folder, 'split'), '0\n');
  writeFileSync(metrics, inFlight(0));
});

test('the traffic has moved before anything is counted, and then nothing is left', async () => {
  const { left } = await switchTo('web-1:3000');
  expect(ended).toBe(false);
  expect(readFileSync(join(folder, 'green.web.0'), 'utf8')).toBe('web-1:3000\n');
  expect(readFileSync(join(folder, 'split'), 'utf8')).not.toBe('0\n');
  expect(await left).toBe(0);
});

test('a traffic that could not be moved is the error, and nothing is drained', async () => {
  rmSync(join(folder, 'split'));
  // A folder, over which no file can be renamed.
  mkdirSync(join(folder, 'split', 'taken'), { recursive: true });
  await expect(switchTo('web-2:3000')).rejects.toThrow(/split|could not write where the traffic goes/);
  rmSync(join(folder, 'split'), { recursive: true });
});

test('a drain that can not count is not an error of the switch', async () => {
  rmSync(metrics);
  const { left } = await switchTo('web-3:3000');
  await expect(left).rejects.toThrow('switch-and-drain failed in edge');
});

test('ends the drain with its signal', async () => {
  writeFileSync(metrics, inFlight(2));
  const stop = new AbortController();
  const { left } = await switchTo('web-4:3000', stop.signal);
  stop.abort(new Error('stopped'));
  await expect(left).rejects.toThrow('stopped');
});
