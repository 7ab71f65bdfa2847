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
  /** Bytes that this time was for, without what else a run asks the server. */
  readonly imageBytes: number;
}

/** How many times as long it took as the bytes of the image need on the line. */
export const timesOfLine = ({ imageBytes, milliseconds }: Omit<ImageTransfer, 'way' | 'bytes'>): number =>
  milliseconds / ((imageBytes * 8) / (TRANSFER_LINE.rate * 1000));

/** Whether a compressed change of 3 MB came with at most 2 MB, in at most twice the time of its bytes. */
export const meetsGoal = (transfer: Omit<ImageTransfer, 'way'>): boolean =>
  transfer.bytes <= 2e6 && timesOfLine(transfer) <= 2;

type Pulled = Pick<ImageTransfer, 'milliseconds' | 'imageBytes'>;

/** What the report says of the stage that brings the image. */
interface PullStep {
  readonly stage: string;
  readonly durationMs: number;
  readonly images: readonly { readonly pulled?: number }[];
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
  const measure = async (way: string, bring: () => Promise<Pulled | undefined>): Promise<void> => {
    const before = await receivedBy(lab, server);
    const began = performance.now();
    const took = await bring();
    const elapsed = performance.now() - began;
    const bytes = (await receivedBy(lab, server)) - before;
    const { milliseconds, imageBytes } = took ?? { milliseconds: elapsed, imageBytes: bytes };
    measured.push({ way, bytes, milliseconds, imageBytes });
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
      const steps: readonly PullStep[] = reportOf(run).steps;
      const pull = steps.find(({ stage }) => stage === 'pull');
      if (pull === undefined) throw new Error('The run pulled nothing.');
      const imageBytes = pull.images.reduce((sum, { pulled = 0 }) => sum + pulled, 0);
      return { milliseconds: pull.durationMs, imageBytes };
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
