import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { runnerOf } from '../../../__tests__/support/apps/images.ts';
import { beginDirectApp, directFiles } from '../../../__tests__/support/direct-app.ts';
import type { Lab, Server } from '../../../__tests__/support/lab.ts';
import { reportOf, succeeded, type TestApp } from '../../../__tests__/support/test-app.ts';
import { workspace } from '../../../__tests__/support/workspace.ts';
import { sshProgram } from './ssh-program.ts';

/** An image of 355 MB with node, of which 3 MB change. */
const SIZES = { old: 230_000_000, changed: 3_000_000 };
/** The line of the server: milliseconds each way, and Mbit/s. */
export const TRANSFER_LINE = { delay: 25, rate: 20 };

/** How a changed image came to a server, over its line. */
export interface ImageTransfer {
  readonly way: string;
  /** Bytes that the server received. */
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Brings the same change to the same server in each way, once. */
export async function measureTransfers(
  lab: Lab,
  server: Server,
  say: (line: string) => void,
): Promise<readonly ImageTransfer[]> {
  const direct = await beginDirectApp(lab, [server]);
  const { app } = direct;
  const peer = await peerImages(lab, app);
  const measured: ImageTransfer[] = [];
  const measure = async (way: string, bring: () => Promise<number | undefined>): Promise<void> => {
    const before = await receivedBy(lab, server);
    const began = performance.now();
    const took = await bring();
    const milliseconds = took ?? performance.now() - began;
    const bytes = (await receivedBy(lab, server)) - before;
    measured.push({ way, bytes, milliseconds });
    say(`${way}: ${(bytes / 1e6).toFixed(1)} MB, ${(milliseconds / 1000).toFixed(1)} s`);
  };
  try {
    const { delay, rate } = TRANSFER_LINE;
    await app.checkout.commit(directFiles('1', SIZES));
    succeeded(await direct.deliverAgain());
    await peer.build('1');
    await peer.push('1');
    await peer.pull(server, '1');
    await app.checkout.commit(directFiles('2', SIZES));
    await peer.build('2');
    // Built before, so that only the transfer is measured.
    succeeded(await direct.build());
    await lab.run('shape', server.name, String(delay), String(rate));
    await measure('Sealift, image-transfer: direct', async () => {
      const run = succeeded(await direct.deliverAgain());
      const steps: readonly { stage: string; durationMs: number }[] = reportOf(run).steps;
      return steps.find(({ stage }) => stage === 'pull')?.durationMs;
    });
    await measure('push to a registry, docker pull on the server', async () => {
      await peer.push('2');
      await peer.pull(server, '2');
      return undefined;
    });
    await peer.forget(server);
    await measure('docker save | ssh docker load', () => peer.saveAndLoad(server, '2'));
    return measured;
  } finally {
    await lab.run('unshape', server.name);
    await direct.remove();
    await peer.remove();
  }
}

/** Bytes that came to a server over its line so far. */
async function receivedBy(lab: Lab, { name }: Server): Promise<number> {
  const files = await lab.run('in', name, 'sh', '-c', 'cat /sys/class/net/e*/statistics/rx_bytes');
  return files
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line), 0);
}

/** The same images with docker alone. */
async function peerImages(lab: Lab, { name }: TestApp) {
  const repository = `${lab.registry.address}/e2e/${name}-peer`;
  const ssh = await sshProgram(lab);
  const checkouts = new Map<string, Awaited<ReturnType<typeof workspace>>>();
  const docker = (args: readonly string[], host?: string): Promise<unknown> =>
    promisify(execFile)('docker', [...args], {
      env: { ...ssh.environment, ...(host === undefined ? {} : { DOCKER_HOST: host }) },
      maxBuffer: 1e8,
    });
  return {
    async build(version: string): Promise<void> {
      const checkout = await workspace({ files: directFiles(`peer-${version}`, SIZES) });
      checkouts.set(version, checkout);
      await docker(['build', '--quiet', '--tag', `${repository}:${version}`, checkout.path]);
    },
    push: (version: string) => docker(['push', '--quiet', `${repository}:${version}`]),
    pull: (server: Server, version: string) =>
      docker(['pull', '--quiet', `${repository}:${version}`], server.url),
    forget: (server: Server) => docker(['image', 'rm', '--force', `${repository}:2`], server.url),
    async saveAndLoad(server: Server, version: string): Promise<undefined> {
      const save = spawn('docker', ['save', `${repository}:${version}`], { env: runnerOf(lab) });
      const load = spawn('docker', ['load', '--quiet'], {
        env: { ...ssh.environment, DOCKER_HOST: server.url },
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      save.stdout.pipe(load.stdin);
      const [code] = await once(load, 'close');
      if (code !== 0) throw new Error(`docker load ended with exit code ${code}.`);
    },
    async remove(): Promise<void> {
      for (const checkout of checkouts.values()) await checkout.remove();
      await ssh.remove();
    },
  };
}
