/**
 * An app whose deploys die: at a step of their plan, just before it takes effect or just after. The step is found by what the
 * action itself says, so a step that is new is one to die at without anyone thinking of it.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ActionRun, Inputs } from '../action.ts';
import { probeImage } from '../apps/images.ts';
import { compose } from '../apps/probe.ts';
import { ask } from '../http.ts';
import type { Lab, Server } from '../lab.ts';
import { type Load, startLoad } from '../load/load.ts';
import type { LoadResult } from '../load/tally.ts';
import { progress, until } from '../patience.ts';
import { killTree } from '../runner/kill-tree.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../test-app.ts';
import { EngineGate } from './engine-gate.ts';
import type { FaultStage, ServerFault } from './faults.ts';
import { type PlannedStep, type StepEvent, StepWatch, stepText } from './plan-steps.ts';
import { differences, type Surroundings, surroundings } from './whole-state.ts';
import { WorkOrder } from './work-order.ts';

export interface Death {
  readonly step: PlannedStep;
  readonly when: 'before' | 'after';
}

export const deathText = ({ step, when }: Death): string => `${when} ${stepText(step)}`;

/** What a race is called. */
export const raceText = (runs: number, apart: number): string =>
  apart === 0 ? `${runs} deploys at once` : `${runs} deploys, each ${apart / 1000} s after the other`;

type RunOptions = NonNullable<Parameters<TestApp['deploy']>[2]>;

/** How a move is made: the next version comes, or the release before is gone back to. */
export type Move = 'deploy' | 'rollback';

export interface MortalOptions {
  readonly lab: Lab;
  readonly servers: readonly Server[];
  readonly inputs: Inputs;
  /** Whether nothing answers while a release replaces another. */
  readonly gaps?: boolean;
  /** How its servers are reached: by a way that can be shut, unless it is said. */
  readonly way?: 'gate' | 'ssh';
}

const REPLICAS = 2;
/** Its containers, but for accessories. */
const CONTAINERS = ['jobs-1', ...Array.from({ length: REPLICAS }, (_, index) => `web-${index + 1}`)];
const KEEP = 2;

export class MortalApp {
  readonly #options: MortalOptions;
  readonly #folder: string;
  readonly #gates: readonly EngineGate[];
  readonly #app: TestApp;
  readonly #image: string;
  #version = 0;
  #loads: readonly Load[] = [];
  /** Versions by release, of every release that was begun. */
  readonly #versions = new Map<string, string>();
  /** Releases that were accepted on all servers, the last one at the end. */
  #accepted: readonly string[] = [];
  #beside: readonly Surroundings[] = [];

  private constructor(
    options: MortalOptions,
    app: TestApp,
    image: string,
    folder: string,
    gates: readonly EngineGate[],
  ) {
    this.#image = image;
    this.#options = options;
    this.#app = app;
    this.#folder = folder;
    this.#gates = gates;
  }

  static async make(options: MortalOptions): Promise<MortalApp> {
    const { lab, servers } = options;
    const own = { image: '${IMAGE}', stop_grace_period: '2s', restart: 'unless-stopped' };
    const files = (port: number) =>
      compose({
        services: {
          web: {
            ...own,
            ports: [`${port}:3000`],
            environment: { VERSION: '${VERSION}' },
            deploy: { replicas: REPLICAS, update_config: { parallelism: 1, order: 'start-first' } },
          },
          jobs: { ...own, environment: { VERSION: '${VERSION}', PORT: 0, WORKER_FILE: '/tmp/work' } },
          cache: { image: 'busybox:1', command: 'sleep 1d', init: true, restart: 'unless-stopped' },
        },
      });
    const app = await testApp({ lab, servers, stem: 'mortal', files });
    // Short: sockets are made in it.
    const folder = await mkdtemp(join(tmpdir(), 'm-'));
    const gated = options.way === 'ssh' ? [] : servers;
    const gates = await Promise.all(gated.map((server) => EngineGate.open(lab, server, folder)));
    return new MortalApp(options, app, await probeImage(lab), folder, gates);
  }

  /** Deploys three versions, so that the next deploy does all that a deploy does: it prunes, and both slots were used. */
  async begin(): Promise<void> {
    for (let count = 0; count < KEEP + 1; count += 1) await this.#succeed('deploy');
    this.#beside = await this.#surroundings();
    this.#loads = this.#options.servers.map((server) =>
      startLoad(this.#app.url('/', server), { visitors: 1, pause: 40 }),
    );
    await this.#settle();
  }

  /** The steps of a move that nothing disturbs. */
  async stepsOf(move: Move): Promise<readonly PlannedStep[]> {
    const steps: PlannedStep[] = [];
    const watch = this.#watch();
    const run = await this.#run(move, {
      onLine: ({ text }) => {
        const event = watch.see(text);
        if (event?.event === 'begins') steps.push(event.step);
      },
    });
    this.#hasSucceeded(run);
    await this.#settle();
    return steps;
  }

  /**
   * A move dies; `status` says what is so; then the next run makes all whole again.
   * @returns what was not as it must be
   */
  async dies(move: Move, death: Death, then: 'again' | Move): Promise<readonly string[]> {
    const before = this.#lost();
    const problems = [...(await this.#die(move, death)), ...(await this.#tellsTheTruth())];
    await this.#recover(then);
    if (this.#options.gaps !== true) problems.push(...this.#lostSince(before));
    problems.push(...(await this.#differences()));
    progress(deathText(death));
    return problems.map((problem) => `${move} died ${deathText(death)}, then ${then}: ${problem}`);
  }

  /**
   * Something happens to its server while a deploy is at work in a stage; however that deploy ends, it ends, and the next one makes all
   * whole again.
   * @returns what was not as it must be
   */
  async suffers(fault: ServerFault, stage: FaultStage): Promise<readonly string[]> {
    const before = this.#lost();
    const { lab, servers } = this.#options;
    const [server] = servers;
    if (server === undefined) throw new Error('It has no server.');
    const place = { lab, server, app: this.#app };
    const watch = this.#watch();
    const isHere = (text: string): boolean => {
      const seen = watch.see(text);
      this.#note(seen);
      return seen?.event === 'begins' && seen.step.stage === stage;
    };
    const run = await this.#run('deploy', {
      interrupt: {
        when: { test: isHere, toString: () => `the stage ${stage}` },
        how: async () => void (await fault.begin(place)),
      },
    });
    await fault.repair?.(place);
    if (run.succeeded) this.#accept(run);
    const ended = run.succeeded ? 'it was deployed' : `it failed: ${run.errors[0]?.message}`;
    const problems = run.succeeded || run.errors.length > 0 ? [] : ['it failed without an error'];
    await until('the engine answers', async () => (await server.engine.get('/version')) !== null);
    problems.push(...(await this.#tellsTheTruth()));
    await this.#recover('deploy');
    if (!fault.visible && this.#options.gaps !== true) problems.push(...this.#lostSince(before));
    problems.push(...(await this.#differences()));
    progress(`${fault.name} in ${stage}`);
    return problems.map((problem) => `${fault.name} in ${stage} (${ended}): ${problem}`);
  }

  /**
   * So many deploys begin, each of another version: they work one after the other, and the last one's version is live.
   * @param apart milliseconds from the start of one to that of the next
   * @returns what was not as it must be
   */
  async race(runs: number, apart = 0): Promise<readonly string[]> {
    const before = this.#lost();
    const next = Array.from({ length: runs }, (_, index) => String(this.#version + index + 1));
    this.#version += runs;
    for (const load of this.#loads) load.expect(...this.#versions.values(), ...next);
    const order = new WorkOrder();
    const ended = await Promise.all(
      next.map(async (version, index) => {
        await pause(index * apart);
        const run = await this.#deploy(version, { onLine: ({ text }) => order.see(index, text) });
        if (run.succeeded) this.#versions.set(String(run.outputs['release']), version);
        return run;
      }),
    );
    for (const index of order.turns) if (ended[index]?.succeeded) this.#accept(ended[index]);
    const problems = ended.flatMap(({ succeeded: isDone, errors }) =>
      isDone ? [] : [`it failed: ${errors[0]?.message}`],
    );
    if (!order.isOneAfterTheOther) problems.push(`they worked at once: ${order.turns.join(', ')}`);
    await this.#settle();
    problems.push(...this.#lostSince(before), ...(await this.#differences()));
    progress(raceText(runs, apart));
    return problems.map((problem) => `${raceText(runs, apart)}: ${problem}`);
  }

  /** The first deploy dies; the next one makes all whole. Afterwards the app is gone again. */
  async diesAtFirst(death: Death): Promise<readonly string[]> {
    const problems = [...(await this.#die('deploy', death)), ...(await this.#tellsTheTruth())];
    await this.#succeed('again');
    problems.push(...(await this.#differences()));
    await this.forget();
    return problems.map((problem) => `the first deploy died ${deathText(death)}: ${problem}`);
  }

  /** The steps of a first deploy, and what it leaves; the app is gone again. */
  async stepsOfFirst(): Promise<readonly PlannedStep[]> {
    const steps = await this.stepsOf('deploy');
    this.#beside = await this.#surroundings();
    await this.forget();
    return steps;
  }

  /** What became of the visitors so far. */
  look(): readonly LoadResult[] {
    return this.#loads.map((load) => load.look());
  }

  /** Takes everything off the servers. */
  async forget(): Promise<void> {
    succeeded(
      await this.#app.removeEnvironment({ hosts: this.#hosts, 'remove-volumes': 'true' }, this.#job()),
    );
    this.#accepted = [];
  }

  async remove(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
    for (const gate of this.#gates) gate.close();
    await this.#app.remove();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** As the input has them. */
  get #urls(): readonly string[] {
    const { way, servers } = this.#options;
    return (way === 'ssh' ? servers : this.#gates).map(({ url }) => url);
  }

  get #hosts(): string {
    return this.#urls.join('\n');
  }

  #watch(): StepWatch {
    return new StepWatch(this.#urls);
  }

  /** Its temporary files lie where nobody else's do. */
  #job() {
    return { env: { TMPDIR: this.#folder } };
  }

  #run(move: 'again' | Move, options: RunOptions = {}): Promise<ActionRun> {
    if (move === 'rollback')
      return this.#app.rollback({ hosts: this.#hosts }, { ...this.#job(), ...options });
    if (move === 'deploy') this.#version += 1;
    return this.#deploy(String(this.#version), options);
  }

  #deploy(version: string, options: RunOptions): Promise<ActionRun> {
    const inputs = { keep: String(KEEP), 'health-path': '/up', hosts: this.#hosts, ...this.#options.inputs };
    return this.#app.deploy(
      this.#image,
      { env: `VERSION=${version}`, ...inputs },
      { ...this.#job(), ...options },
    );
  }

  async #succeed(move: 'again' | Move): Promise<void> {
    this.#hasSucceeded(await this.#run(move));
  }

  #hasSucceeded(run: ActionRun): void {
    this.#accept(succeeded(run));
  }

  #accept({ outputs }: ActionRun): void {
    const release = String(outputs['release']);
    if (!this.#versions.has(release)) this.#versions.set(release, String(this.#version));
    this.#accepted = [...this.#accepted.filter((id) => id !== release), release];
  }

  /** A release that was never seen before is that of the latest version. */
  #note(event: StepEvent | undefined): void {
    if (event?.release !== undefined && !this.#versions.has(event.release))
      this.#versions.set(event.release, String(this.#version));
    // A run that dies may have accepted its release before.
    if (event?.release !== undefined && event.event === 'ends' && event.step.kind === 'accept-release')
      this.#accepted = [...this.#accepted.filter((id) => id !== event.release), event.release];
  }

  async #die(move: Move, death: Death): Promise<readonly string[]> {
    const watch = this.#watch();
    const event = death.when === 'before' ? 'begins' : 'ends';
    const isHere = (text: string): boolean => {
      const seen = watch.see(text);
      this.#note(seen);
      if (seen === undefined || seen.event !== event || stepText(seen.step) !== stepText(death.step))
        return false;
      for (const gate of this.#gates) gate.shut();
      return true;
    };
    const run = await this.#run(move, {
      interrupt: { when: { test: isHere, toString: () => deathText(death) }, how: killTree },
      withoutPost: true,
    });
    for (const gate of this.#gates) gate.reopen();
    if (run.signal !== 'SIGKILL') return [`it ended with ${run.exitCode}, not by SIGKILL`];
    await this.#expireLocks();
    // A machine that is gone has no files.
    for (const name of await readdir(this.#folder))
      if (name.startsWith('sealift-')) await rm(join(this.#folder, name), { recursive: true, force: true });
    return [];
  }

  /** As if the lease's seconds were over: that they are waited for is tried elsewhere. */
  async #expireLocks(): Promise<void> {
    const lock = `${this.#app.name}-${this.#app.environment}-lock`;
    const script = `printf '{"expires":0}' > /tmp/lease && docker cp -q /tmp/lease ${lock}:/lease; rm -f /tmp/lease`;
    for (const { name } of this.#options.servers) await this.#options.lab.run('in', name, 'sh', '-c', script);
  }

  /** What `status` says that is not so. */
  async #tellsTheTruth(): Promise<readonly string[]> {
    const run = await this.#app.status({ hosts: this.#hosts }, this.#job());
    const hosts: readonly { is?: string; why: string; healthy: boolean }[] = reportOf(succeeded(run)).hosts;
    const answering = await Promise.all(this.#options.servers.map((server) => this.#answering(server)));
    return hosts.flatMap(({ is, why, healthy }, index) => {
      const answers = answering[index] ?? new Set();
      const said = `status says "${why}", while ${[...answers].join(' and ') || 'nothing'} answers`;
      const split = /some of its requests go to ([0-9a-f]{8})/.exec(why)?.[1];
      const expected = [is, split].flatMap((id) => (id === undefined ? [] : [this.#versions.get(id) ?? '?']));
      const isTrue =
        answers.size === 0 ? !healthy : [...answers].every((version) => expected.includes(version));
      return isTrue ? [] : [said];
    });
  }

  /** The versions that answer on a server, asked several times. */
  async #answering(server: Server): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (let count = 0; count < 12; count += 1) {
      const answer = await ask(this.#app.url('/', server)).catch(() => undefined);
      if (answer?.status === 200) found.add(String(answer.headers['x-release']));
    }
    return found;
  }

  async #recover(then: 'again' | Move): Promise<void> {
    await this.#succeed(then);
    await this.#settle();
  }

  get #live(): string {
    return this.#accepted.at(-1) ?? '';
  }

  /** Nothing but the live version answers any more. */
  async #settle(): Promise<void> {
    const version = this.#versions.get(this.#live) ?? '';
    for (const load of this.#loads) load.expect(version);
    await Promise.all(this.#loads.map((load) => load.answered(version, 20)));
    for (const server of this.#options.servers)
      await until(
        `${server.name} answers ${version}`,
        async () => (await this.#app.version(server)) === version,
      );
    // The next move may bring any other.
    for (const load of this.#loads)
      load.expect(...this.#versions.values(), String(this.#version + 1), String(this.#version + 2));
  }

  #surroundings(): Promise<readonly Surroundings[]> {
    return Promise.all(this.#options.servers.map((server) => surroundings(this.#app, server)));
  }

  async #differences(): Promise<readonly string[]> {
    const failed = [...this.#versions.keys()].filter((id) => !this.#accepted.includes(id));
    // Two more than are kept: a rollback removes none, nor does a run that finds its release live already. And the last one that failed.
    const kept = new Set([...this.#accepted.slice(-KEEP - 2), ...failed.slice(-1)]);
    const found = await Promise.all(
      this.#options.servers.map((server, index) => {
        const beside = this.#beside[index] ?? { networks: [], volumes: [], files: [], others: [] };
        return differences(this.#app, server, { live: this.#live, containers: CONTAINERS, kept, beside });
      }),
    );
    const left = (await readdir(this.#folder)).filter((name) => !name.endsWith('.sock'));
    return [...found.flat(), ...(left.length === 0 ? [] : [`left on the runner: ${left.join(', ')}`])];
  }

  #lost(): readonly number[] {
    return this.look().map(({ failed }) => failed);
  }

  #lostSince(before: readonly number[]): readonly string[] {
    return this.look().flatMap(({ failed, failures }, index) => {
      const lost = failed - (before[index] ?? 0);
      return lost === 0
        ? []
        : [`${lost} requests failed, such as ${failures.at(-1)?.what}: ${failures.at(-1)?.why}`];
    });
  }
}
