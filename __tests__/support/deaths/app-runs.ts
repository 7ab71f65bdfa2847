/** The runs of an action for one app: each deploy brings another version of it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionRun, Inputs } from '../action.ts';
import type { Lab, Server } from '../lab.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../test-app.ts';
import type { StatusOfHost } from './answers.ts';
import { EngineGate } from './engine-gate.ts';
import type { FormerDeployment } from './former-deployment.ts';
import { Lineage } from './lineage.ts';
import { type StepEvent, StepWatch } from './plan-steps.ts';
import { builtImages, oneImage, type ReleaseSource } from './release-source.ts';
import { plainShape, type Shape } from './shapes.ts';

export interface MortalOptions {
  readonly lab: Lab;
  readonly servers: readonly Server[];
  readonly inputs: Inputs;
  /** Of its versions, by turns: the plain one, unless it is said. With several, nobody visits it. */
  readonly shapes?: readonly Shape[];
  /** What is on its server before its first deploy, which takes it over. */
  readonly former?: FormerDeployment;
  /** Whether nothing answers while a release replaces another. */
  readonly gaps?: boolean;
  /** How its servers are reached: by a way that can be shut, unless it is said. */
  readonly way?: 'gate' | 'ssh';
  /** Each version is built, and pushed to a registry that can fail. */
  readonly builds?: boolean;
}

type RunOptions = NonNullable<Parameters<TestApp['deploy']>[2]>;

/**
 * How a move is made: the next version comes; it comes, and its `url` does not answer as it must; or the release before is gone
 * back to.
 */
export type Move = 'deploy' | 'failing deploy' | 'rollback';

export const KEEP = 2;

export class AppRuns {
  readonly app: TestApp;
  readonly gates: readonly EngineGate[];
  readonly lineage: Lineage;
  readonly #options: MortalOptions;
  readonly #folder: string;
  readonly #source: ReleaseSource;
  #version = 0;

  private constructor(
    options: MortalOptions,
    app: TestApp,
    source: ReleaseSource,
    folder: string,
    gates: readonly EngineGate[],
  ) {
    this.app = app;
    this.gates = gates;
    this.lineage = new Lineage(options.shapes ?? [plainShape]);
    this.#options = options;
    this.#source = source;
    this.#folder = folder;
  }

  static async prepare(options: MortalOptions): Promise<AppRuns> {
    const { lab, servers, way, builds } = options;
    const [{ files } = plainShape] = options.shapes ?? [];
    const app = await testApp({ lab, servers, stem: 'mortal', files });
    // Short: sockets are made in it.
    const folder = await mkdtemp(join(tmpdir(), 'm-'));
    const gated = way === 'ssh' ? [] : servers;
    const gates = await Promise.all(gated.map((server) => EngineGate.open(lab, server, folder)));
    const source = await (builds ? builtImages : oneImage)(lab);
    return new AppRuns(options, app, source, folder, gates);
  }

  get registry(): ReleaseSource['registry'] {
    return this.#source.registry;
  }

  /** The number of the latest version. */
  get version(): number {
    return this.#version;
  }

  watch(): StepWatch {
    return new StepWatch(this.#urls);
  }

  /** @param more inputs of this run alone */
  async run(move: 'again' | Move, options: RunOptions = {}, more: Inputs = {}): Promise<ActionRun> {
    if (move === 'rollback') {
      const inputs = { hosts: this.#hosts, ...this.#acme };
      return await this.app.rollback(inputs, { ...this.#job, ...options });
    }
    if (move !== 'again') await this.#bringNext();
    const failing = { url: this.app.url(), 'url-body': 'never', 'url-timeout': '2s' };
    const inputs = move === 'failing deploy' ? { ...failing, ...more } : more;
    return await this.#deploy(String(this.#version), options, inputs);
  }

  async succeed(move: 'again' | Move): Promise<void> {
    this.accept(succeeded(await this.run(move)));
  }

  /** Deploys at once, each of another version. */
  async deployAtOnce(
    versions: readonly string[],
    optionsOf: (index: number) => RunOptions | Promise<RunOptions>,
  ): Promise<readonly ActionRun[]> {
    this.#version += versions.length;
    return await Promise.all(
      versions.map(async (version, index) => {
        const run = await this.#deploy(version, await optionsOf(index));
        if (run.succeeded) this.lineage.begin(String(run.outputs['release']), version);
        return run;
      }),
    );
  }

  accept({ outputs }: ActionRun): void {
    const release = String(outputs['release']);
    this.lineage.begin(release, String(this.#version));
    this.lineage.accept(release);
  }

  /** A release that was never seen before is that of the latest version. */
  note(event: StepEvent | undefined): void {
    if (event?.release === undefined) return;
    this.lineage.begin(event.release, String(this.#version));
    // A run that dies may have accepted its release before.
    if (event.event === 'ends' && event.step.kind === 'accept-release') this.lineage.accept(event.release);
  }

  async status(): Promise<readonly StatusOfHost[]> {
    return reportOf(succeeded(await this.app.status({ hosts: this.#hosts }, this.#job))).hosts;
  }

  /** Takes everything off the servers. */
  async forget(): Promise<void> {
    succeeded(await this.app.removeEnvironment({ hosts: this.#hosts, 'remove-volumes': 'true' }, this.#job));
    this.lineage.forget();
  }

  /** The machine that a run was on is gone: its locks are as if their time was over, and its files are not there. */
  async loseRunner(): Promise<void> {
    // That the lease's seconds are waited for is tried elsewhere.
    const lock = `${this.app.name}-${this.app.environment}-lock`;
    const script = `printf '{"expires":0}' > /tmp/lease && docker cp -q /tmp/lease ${lock}:/lease; rm -f /tmp/lease`;
    for (const { name } of this.#options.servers) await this.#options.lab.run('in', name, 'sh', '-c', script);
    for (const name of await readdir(this.#folder))
      if (name.startsWith('sealift-')) await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  /** Names of what runs have left on this machine. */
  async filesLeft(): Promise<readonly string[]> {
    return (await readdir(this.#folder)).filter((name) => !name.endsWith('.sock'));
  }

  async remove(): Promise<void> {
    for (const gate of this.gates) gate.close();
    await this.#source.close();
    await this.app.remove();
    await this.#options.former?.remove(this.app);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** As the input has them. */
  get #urls(): readonly string[] {
    const { way, servers } = this.#options;
    return (way === 'ssh' ? servers : this.gates).map(({ url }) => url);
  }

  get #hosts(): string {
    return this.#urls.join('\n');
  }

  /** A rollback may need them as well. */
  get #acme(): Inputs {
    const { directory, root } = this.#options.lab.acme;
    return { 'acme-directory': directory, 'acme-ca': root };
  }

  /** Its temporary files lie where nobody else's do. */
  get #job() {
    return { env: { TMPDIR: this.#folder } };
  }

  async #bringNext(): Promise<void> {
    this.#version += 1;
    const { files } = this.lineage.bring(String(this.#version));
    const { shapes = [] } = this.#options;
    const own = shapes.length > 1 ? files(this.app.port) : {};
    const all = { ...own, ...this.#source.files(String(this.#version)) };
    if (Object.keys(all).length > 0) await this.app.checkout.commit(all);
  }

  #deploy(version: string, options: RunOptions, more: Inputs = {}): Promise<ActionRun> {
    const shape = this.lineage.shapeOf(version);
    const variables = { VERSION: version, ...shape.variables?.(this.app) };
    const env = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const usual = { keep: String(KEEP), 'health-path': '/up', hosts: this.#hosts, ...this.#acme };
    const own = { ...usual, env: env.join('\n'), ...this.#options.inputs, ...shape.inputs?.(this.app) };
    return this.#source.bring(this.app, { ...own, ...more }, { ...this.#job, ...options });
  }
}
