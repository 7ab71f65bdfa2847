/** An app that comes to its servers without a registry: a large image of which little changes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionRun, Inputs } from './action.ts';
import { type ImageOptions, probe, webApp } from './apps/probe.ts';
import type { Lab, Server } from './lab.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';
import type { Files } from './workspace.ts';

/** Bytes of the two layers of an image: one that stays, and one that changes with each version. */
interface LayerSizes {
  readonly old: number;
  readonly changed: number;
}

const SIZES: LayerSizes = { old: 20_000_000, changed: 3_000_000 };

/** A Dockerfile whose big layer stays, and whose last one changes with each version. Both become half as large by compression. */
export function directFiles(version: string, sizes = SIZES, options: Partial<ImageOptions> = {}): Files {
  const app = probe({ ...options, version });
  const random = (name: string, bytes: number, seed: string): string => {
    const cipher = `require('crypto').createCipheriv('aes-128-ctr', '${seed.padEnd(16, '0')}', '0'.repeat(16))`;
    const write = `while (left > 0) { const part = Math.min(left, 1e6); fs.appendFileSync('/${name}', cipher.update(Buffer.alloc(part / 2)).toString('hex')); left -= part; }`;
    return `RUN node -e "const fs = require('fs'), cipher = ${cipher}; let left = ${bytes}; ${write}"`;
  };
  return {
    ...app,
    Dockerfile: (app['Dockerfile'] ?? '')
      .replace('\n', `\n${random('old', sizes.old, 'old')}\n`)
      .replace('\nCMD ', `\n${random('changed', sizes.changed, version)}\nCMD `),
  };
}

export class DirectApp {
  readonly app: TestApp;
  /** The tool cache of a runner that stays. */
  readonly tools: string;
  /** The name says a registry that nobody can reach. */
  readonly repository: string;

  constructor(app: TestApp, tools: string) {
    this.app = app;
    this.tools = tools;
    this.repository = `registry.invalid/e2e/${app.name}`;
  }

  /** Commits a version and delivers it. */
  async deliver(
    version: string,
    inputs: Inputs = {},
    options: ImageOptions = { version },
  ): Promise<ActionRun> {
    await this.app.checkout.commit(directFiles(version, SIZES, options));
    return await this.deliverAgain(inputs);
  }

  deliverAgain(inputs: Inputs = {}, tools = this.tools): Promise<ActionRun> {
    return this.app.deliver({ ...this.inputs, ...inputs }, { env: { RUNNER_TOOL_CACHE: tools } });
  }

  /** The build alone, with what stays on the runner. */
  build(inputs: Inputs = {}): Promise<ActionRun> {
    return this.app.build({ ...this.inputs, ...inputs }, { env: { RUNNER_TOOL_CACHE: this.tools } });
  }

  /** Of the action that builds. */
  get inputs(): Inputs {
    return { image: this.repository, 'image-transfer': 'direct', ...WITHOUT_LOGIN };
  }

  rollback(inputs: Inputs = {}): Promise<ActionRun> {
    return this.app.rollback({ ...WITHOUT_LOGIN, ...inputs });
  }

  async remove(): Promise<void> {
    await this.app.remove();
    await rm(this.tools, { recursive: true, force: true });
  }

  /** A server loses what it kept of a release, as somebody does who frees its disk. */
  async lose(server: Server, run: ActionRun): Promise<void> {
    const { release, digest = '' } = succeeded(run).outputs;
    const { name, environment } = this.app;
    for (const container of await server.engine.containers(`${name}-${environment}-${release}-`))
      await server.engine.delete(`/containers/${container[0]}?force=true`);
    const hex = digest.replace('sha256:', '');
    for (const { Id, RepoTags, RepoDigests } of await server.engine.get('/images/json')) {
      const names: readonly string[] = [...(RepoTags ?? []), ...(RepoDigests ?? [])];
      if (names.some((each) => each.includes(hex))) await server.engine.delete(`/images/${Id}?force=true`);
    }
  }
}

/** The registry of the lab is not named. */
const WITHOUT_LOGIN: Inputs = { 'registry-username': '', 'registry-password': '' };

export async function beginDirectApp(lab: Lab, servers: readonly Server[]): Promise<DirectApp> {
  const app = await testApp({
    lab,
    stem: 'direct',
    servers,
    files: (port) => webApp({ version: '0', port }),
  });
  return new DirectApp(app, await mkdtemp(join(tmpdir(), 'tools-')));
}

/** Gives a server's engine an image store. What it had in the other one is not there. */
export async function setImageStore(
  lab: Lab,
  { name, imageStore }: Server,
  store: Server['imageStore'],
  now: Server['imageStore'] = imageStore,
): Promise<void> {
  if (store === now) return;
  const isContainerd = store === 'containerd';
  const edit = `s/containerd-snapshotter": ${!isContainerd}/containerd-snapshotter": ${isContainerd}/`;
  await lab.run('in', name, 'sed', '-i', edit, '/etc/docker/daemon.json');
  await lab.run('engine-stop', name);
  await lab.run('engine-start', name);
}

/** A server's engine with the containerd image store, for as long as something is tried. */
export async function withContainerdStore<Result>(
  lab: Lab,
  server: Server,
  use: () => Promise<Result>,
): Promise<Result> {
  await setImageStore(lab, server, 'containerd');
  try {
    return await use();
  } finally {
    await setImageStore(lab, server, server.imageStore, 'containerd');
  }
}
