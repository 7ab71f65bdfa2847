/** An app on a swarm of the lab, delivered by the bundled actions, and what the swarm itself says of it. */
import type { ActionRun, Inputs } from './action.ts';
import { HEALTH } from './apps/probe.ts';
import { ask } from './http.ts';
import { type Lab, type Server, sshInputs } from './lab.ts';
import { type TestApp, type TestAppOptions, testApp } from './test-app.ts';

type Options = Parameters<TestApp['deploy']>[2];

/** A service of the probe: one replica on each of two nodes, at the nodes' own addresses. */
export const probeService = (
  port: number,
  service: Readonly<Record<string, unknown>> = {},
  deploy: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({
  image: '${IMAGE}',
  ports: [{ target: 3000, published: port, mode: 'host' }],
  stop_grace_period: '5s',
  healthcheck: HEALTH,
  ...service,
  deploy: {
    replicas: 2,
    update_config: { order: 'stop-first', monitor: '1s', failure_action: 'pause' },
    restart_policy: { delay: '500ms' },
    placement: { max_replicas_per_node: 1 },
    ...deploy,
  },
});

export class SwarmApp {
  readonly app: TestApp;
  readonly lab: Lab;

  constructor(app: TestApp) {
    this.app = app;
    this.lab = app.lab;
  }

  get stack(): string {
    return `${this.app.name}-${this.app.environment}`;
  }

  get manager(): Server {
    return this.app.server;
  }

  deploy(image: string | undefined, inputs: Inputs = {}, options?: Options): Promise<ActionRun> {
    return this.app.deploy(image, { orchestrator: 'swarm', ...inputs }, options);
  }

  rollback(inputs: Inputs = {}, options?: Options): Promise<ActionRun> {
    return this.app.rollback({ orchestrator: 'swarm', ...inputs }, options);
  }

  removeEnvironment(inputs: Inputs = {}, options?: Options): Promise<ActionRun> {
    return this.app.removeEnvironment({ orchestrator: 'swarm', ...inputs }, options);
  }

  unlock(inputs: Inputs = {}, options?: Options): Promise<ActionRun> {
    const { name, environment, servers } = this.app;
    const given = { app: name, environment, orchestrator: 'swarm', ...sshInputs(this.lab, servers) };
    return this.app.run('unlock', { ...given, ...inputs }, options);
  }

  status(inputs: Inputs = {}, options?: Options): Promise<ActionRun> {
    return this.app.status({ orchestrator: 'swarm', ...inputs }, options);
  }

  /** What runs: of each service the images of its tasks that are up, by short name. */
  async running(): Promise<Record<string, readonly string[]>> {
    const [services, tasks] = await Promise.all([this.#list('services'), this.#list('tasks')]);
    return Object.fromEntries(
      services.map((service) => [
        String(service.Spec.Name).slice(this.stack.length + 1),
        tasks
          .filter(
            (task) =>
              task.ServiceID === service.ID &&
              task.Status.State === 'running' &&
              task.DesiredState === 'running',
          )
          .map((task) => String(task.Spec.ContainerSpec.Image)),
      ]),
    );
  }

  /** Names of services, secrets and configs of the app. */
  async objects(kind: 'services' | 'secrets' | 'configs' | 'networks'): Promise<readonly string[]> {
    const all: { Name?: string; Spec?: { Name: string } }[] = await this.manager.engine.get(`/${kind}`);
    return all
      .map(({ Name, Spec }) => Name ?? Spec?.Name ?? '')
      .filter((name) => name.startsWith(this.stack))
      .sort((one, other) => one.localeCompare(other));
  }

  /** Names of the nodes on which tasks of a service run, or are in another state on their way to that. */
  async nodesOf(service: string, state = 'running'): Promise<readonly string[]> {
    const [services, tasks, nodes] = await Promise.all([
      this.#list('services'),
      this.#list('tasks'),
      this.manager.engine.get('/nodes'),
    ]);
    const { ID } = services.find(({ Spec }) => Spec.Name === `${this.stack}_${service}`);
    const running = tasks.filter(
      (task) => task.ServiceID === ID && task.Status.State === state && task.DesiredState === 'running',
    );
    return running.map(
      ({ NodeID }) => nodes.find((node: { ID: string }) => node.ID === NodeID).Description.Hostname,
    );
  }

  /** The versions that answer, on whichever nodes there are tasks. */
  async versions(): Promise<readonly string[]> {
    const answers = await Promise.all(
      this.lab.servers.map(async (server) => {
        try {
          const { body } = await ask(this.app.url('/', server));
          return [String(JSON.parse(body).version)];
        } catch {
          return [];
        }
      }),
    );
    return answers.flat();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }

  async remove(): Promise<void> {
    const { engine } = this.manager;
    for (const kind of ['services', 'secrets', 'configs', 'networks'] as const) {
      const all: { ID?: string; Id?: string; Name?: string; Spec?: { Name: string } }[] = await engine.get(
        `/${kind}`,
      );
      for (const { ID, Id, Name, Spec } of all) {
        if ((Name ?? Spec?.Name ?? '').startsWith(this.stack))
          await engine.delete(`/${kind}/${ID ?? Id}`).catch(() => undefined);
      }
    }
    await this.app.remove();
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers of the engine, of which each test reads another part
  #list(kind: 'services' | 'tasks'): Promise<any[]> {
    const filters = JSON.stringify({ label: [`com.docker.stack.namespace=${this.stack}`] });
    return this.manager.engine.get(`/${kind}?filters=${encodeURIComponent(filters)}`);
  }
}

/** Inputs that name several managers. */
export const managers = (lab: Lab, ...servers: readonly (Server | undefined)[]): Inputs =>
  sshInputs(
    lab,
    servers.filter((server) => server !== undefined),
  );

/** An app whose `hosts` name the first manager, unless a test says otherwise. */
export async function swarmApp(options: Omit<TestAppOptions, 'servers'>): Promise<SwarmApp> {
  return new SwarmApp(await testApp(options));
}
