import { spawnSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Lab, readLab } from '../../__tests__/support/lab.ts';

const LAB_COMMAND = resolve(import.meta.dirname, '../../lab/lab');
export interface OwnLab {
  readonly servers: number;
  /** The first three numbers of its network, so that several labs can run side by side. */
  readonly net: string;
  /** With a Kubernetes cluster, if its programs are kept: they are not built for it. */
  readonly kubernetes?: boolean;
}

/** Runs `work` in the lab that LAB names, or in a new lab that is removed at the end. */
export async function withLab<T>(
  { servers, net, kubernetes = false }: OwnLab,
  work: (lab: Lab) => Promise<T>,
): Promise<T> {
  if (process.env['LAB'] !== undefined) return work(readLab());
  const folder = await mkdtemp(join(tmpdir(), 'sealift-lab-'));
  labCommand(folder, net, 'install');
  try {
    const isKept = kubernetes && spawnSync(LAB_COMMAND, ['has-kubernetes']).status === 0;
    labCommand(folder, net, 'up', ...(isKept ? ['--kubernetes'] : []), String(servers));
    return await work(readLab(join(folder, 'env.json')));
  } finally {
    labCommand(folder, net, 'down');
  }
}

function labCommand(folder: string, net: string, ...args: string[]): void {
  const env = { ...process.env, LAB: folder, LAB_NET: net };
  const { status } = spawnSync(LAB_COMMAND, args, { env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`lab/lab ${args.join(' ')} ended with exit code ${status}.`);
}
