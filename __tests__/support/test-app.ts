/** An app under test: a checkout, a name of its own, servers; delivered by the bundled actions as a user would. */
import { type ActionOptions, type ActionRun, type Command, type Inputs, runAction } from './action.ts';
import { ask } from './http.ts';
import { removeApp } from './lab/cleanup.ts';
import { type Lab, registryInputs, type Server, sshInputs, uniqueName, uniquePort } from './lab.ts';
import { patienceInput } from './patience.ts';
import { type Files, type Workspace, workspace } from './workspace.ts';

export interface TestAppOptions {
  readonly lab: Lab;
  readonly stem: string;
  readonly servers?: readonly Server[];
  /** What the checkout holds; is told the port to publish. */
  readonly files: (port: number) => Files;
}

type RunOptions = Partial<ActionOptions>;

/** What is to become healthy does so, however slow the machine is. */
const PATIENT: Inputs = { 'health-timeout': patienceInput(1000) };

export class TestApp {
  readonly lab: Lab;
  readonly name: string;
  readonly environment = 'production';
  /** A host port for it alone. */
  readonly port: number;
  readonly servers: readonly Server[];
  readonly checkout: Workspace;

  constructor(options: TestAppOptions, name: string, port: number, checkout: Workspace) {
    this.lab = options.lab;
    this.servers = options.servers ?? options.lab.servers.slice(0, 1);
    this.name = name;
    this.port = port;
    this.checkout = checkout;
  }

  /** The first of its servers. */
  get server(): Server {
    const [first] = this.servers;
    if (first === undefined) throw new Error('The lab has no server.');
    return first;
  }

  /** By what the action's own code names it. */
  get of(): { readonly app: string; readonly environment: string } {
    return { app: this.name, environment: this.environment };
  }

  /** The repository that its image goes to. */
  get repository(): string {
    return `${this.lab.registry.address}/e2e/${this.name}`;
  }

  deliver(inputs: Inputs = {}, options?: RunOptions): Promise<ActionRun> {
    return this.run('deliver', { ...this.#target(), ...PATIENT, image: this.repository, ...inputs }, options);
  }

  build(inputs: Inputs = {}, options?: RunOptions): Promise<ActionRun> {
    return this.run('build', { ...registryInputs(this.lab), image: this.repository, ...inputs }, options);
  }

  deploy(image: string | undefined, inputs: Inputs = {}, options?: RunOptions): Promise<ActionRun> {
    return this.run('deploy', { ...this.#target(), ...PATIENT, image, ...inputs }, options);
  }

  rollback(inputs: Inputs = {}, options?: RunOptions): Promise<ActionRun> {
    return this.run('rollback', { ...this.#target(), ...inputs }, options);
  }

  status(inputs: Inputs = {}, options?: RunOptions): Promise<ActionRun> {
    const { app, environment } = this.#target();
    return this.run('status', { app, environment, ...sshInputs(this.lab, this.servers), ...inputs }, options);
  }

  /** Takes the environment away, as a user who means it. */
  removeEnvironment(inputs: Inputs = {}, options?: RunOptions): Promise<ActionRun> {
    const { app, environment } = this.#target();
    const access = sshInputs(this.lab, this.servers);
    return this.run('remove', { app, environment, confirm: environment, ...access, ...inputs }, options);
  }

  /** Runs an action with exactly these inputs, in a job on the lab's runner. */
  run(command: Command, inputs: Inputs, options: RunOptions = {}): Promise<ActionRun> {
    const { checkout, lab } = this;
    return runAction(command, inputs, {
      workspace: checkout.path,
      sha: checkout.sha,
      ...options,
      env: { ...lab.runnerEnvironment, ...options.env },
    });
  }

  url(path = '/', server = this.server): string {
    return `http://${server.address}:${this.port}${path}`;
  }

  /** The version that answers. */
  async version(server = this.server): Promise<string> {
    const { body } = await ask(this.url('/', server));
    return JSON.parse(body).version;
  }

  /** Containers of the app by name, with their states. */
  async containers(server = this.server): Promise<Record<string, string>> {
    const containers = await server.engine.containers(`${this.name}-`);
    return Object.fromEntries([...containers].map(([name, { state }]) => [name, state]));
  }

  /** States of a release's containers by service: `{ web: 'running' }`. */
  async release(id: string | undefined, server = this.server): Promise<Record<string, string>> {
    const prefix = `${this.name}-${this.environment}-${id}-`;
    const all = Object.entries(await this.containers(server)).filter(([name]) => name.startsWith(prefix));
    return Object.fromEntries(
      all.map(([name, state]) => [name.slice(prefix.length).replace(/-1$/, ''), state]),
    );
  }

  async remove(): Promise<void> {
    await Promise.all(this.servers.map((server) => removeApp(server, this.name)));
    await this.checkout.remove();
  }

  #target(): Record<string, string> {
    return {
      app: this.name,
      environment: this.environment,
      ...sshInputs(this.lab, this.servers),
      ...registryInputs(this.lab),
    };
  }
}

/**
 * The run, which must have succeeded.
 *
 * @throws Error with its log, in which it stands why it did not
 */
export function succeeded(run: ActionRun): ActionRun {
  if (run.succeeded && run.errors.length === 0) return run;
  const errors = [...run.errors, ...(run.post?.errors ?? [])].map(({ message }) => `  ✗ ${message}`);
  const ended = `The action ended with exit code ${run.exitCode}${run.signal === undefined ? '' : ` (${run.signal})`}`;
  throw new Error([`${ended}, though it should succeed:`, ...errors, '', run.log].join('\n'));
}

/** What the output `report` says, to be looked into by a test. */
// biome-ignore lint/suspicious/noExplicitAny: a report of which each test reads another part
export function reportOf(run: ActionRun): any {
  const { report } = run.outputs;
  if (report === undefined) throw new Error(`The action gave no report. Its log:\n${run.log}`);
  return JSON.parse(report);
}

export async function testApp(options: TestAppOptions): Promise<TestApp> {
  const port = uniquePort();
  const checkout = await workspace({ files: options.files(port) });
  return new TestApp(options, uniqueName(options.stem), port, checkout);
}
