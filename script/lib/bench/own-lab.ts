import { spawnSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Lab, readLab } from '../../../__tests__/support/lab.ts';

const LAB_COMMAND = resolve(import.meta.dirname, '../../../lab/lab');
const SERVERS = 2;

/** The lab that was given with LAB, or one of the benchmark's own that goes when it is over. */
export async function withLab(work: (lab: Lab) => Promise<void>): Promise<void> {
  if (process.env['LAB'] !== undefined) return work(readLab());
  const folder = await mkdtemp(join(tmpdir(), 'sealift-bench-'));
  labCommand(folder, 'install');
  try {
    labCommand(folder, 'up', String(SERVERS));
    await work(readLab(join(folder, 'env.json')));
  } finally {
    labCommand(folder, 'down');
  }
}

function labCommand(folder: string, ...args: string[]): void {
  const env = { ...process.env, LAB: folder, LAB_NET: '172.31.138' };
  const { status } = spawnSync(LAB_COMMAND, args, { env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`lab/lab ${args.join(' ')} ended with exit code ${status}.`);
}
