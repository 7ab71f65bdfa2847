/** An example as a repository of its own, whose workflows run on the lab. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command, Inputs } from './action.ts';
import { GitHubStandIn } from './github/stand-in.ts';
import { removeApp } from './lab/cleanup.ts';
import { type Lab, registryInputs, type Server, uniqueName } from './lab.ts';
import { read } from './repository.ts';
import { dispatchEvent, type Event, type PullRequestAction, pullRequest } from './runner/event.ts';
import { runWorkflow } from './runner/workflow/run-workflow.ts';
import type { EnvironmentSettings, Values } from './runner/workflow/settings.ts';
import type { WorkflowRun } from './runner/workflow/workflow-run.ts';
import { type Workspace, workspace } from './workspace.ts';

export interface ExampleOptions {
  /** Its environments: the servers of each, and what else is set there. */
  readonly environments: Readonly<
    Record<string, EnvironmentSettings & { readonly servers: readonly Server[] }>
  >;
  /** Names of its apps, if it is not that of the repository alone. */
  readonly apps?: readonly string[];
  /** Variables of the repository. */
  readonly variables?: Values;
  /** What the lab gives to steps of Sealift, beside where its registry is. */
  readonly inputs?: Inputs;
}

export class Example {
  readonly folder: string;
  readonly origin: Workspace;
  readonly github: GitHubStandIn;
  /** The name of the repository, which is that of the app. */
  readonly name: string;
  readonly #lab: Lab;
  readonly #options: ExampleOptions;

  constructor(
    folder: string,
    lab: Lab,
    options: ExampleOptions,
    name: string,
    origin: Workspace,
    github: GitHubStandIn,
  ) {
    this.folder = folder;
    this.#lab = lab;
    this.#options = options;
    this.name = name;
    this.origin = origin;
    this.github = github;
  }

  /** The content of a file in its last commit. */
  async file(path: string): Promise<string> {
    return await readFile(join(this.origin.path, path), 'utf8');
  }

  /** Runs a workflow of the example as after a push, or after the given event. */
  async run(workflow: string, event?: Event): Promise<WorkflowRun> {
    const { environments, variables = {} } = this.#options;
    return await runWorkflow(read(`examples/${this.folder}/.github/workflows/${workflow}`), {
      github: this.github,
      origin: this.origin.path,
      job: { sha: this.origin.sha, repository: `octo/${this.name}`, ref: event?.ref, event },
      settings: {
        variables,
        environments: Object.fromEntries(
          Object.entries(environments).map(([name, settings]) => [name, this.#environment(settings)]),
        ),
      },
      machine: this.#lab.runnerEnvironment,
      inputs: (command, given) => this.#inputs(command, given),
    });
  }

  /** Runs a workflow as a person starts it. */
  async dispatch(workflow: string, inputs: Values = {}): Promise<WorkflowRun> {
    const { sha } = this.origin;
    const sent = { sha, repository: `octo/${this.name}`, actor: 'mona', ref: 'refs/heads/main' };
    return await this.run(workflow, dispatchEvent(sent, inputs));
  }

  /** Runs a workflow as for a pull request. */
  async pullRequest(workflow: string, number: number, action: PullRequestAction): Promise<WorkflowRun> {
    const { sha } = this.origin;
    const ref = `refs/pull/${number}/merge`;
    const sent = { sha, repository: `octo/${this.name}`, actor: 'mona', ref };
    return await this.run(workflow, pullRequest(sent, number, action));
  }

  async remove(): Promise<void> {
    const servers = new Set(Object.values(this.#options.environments).flatMap((each) => each.servers));
    const { apps = [this.name] } = this.#options;
    await Promise.all(
      [...servers].flatMap((server) => [...apps, 'sealift-front'].map((app) => removeApp(server, app))),
    );
    await this.origin.remove();
    await this.github.close();
  }

  #environment({ servers, ...settings }: ExampleOptions['environments'][string]): EnvironmentSettings {
    return {
      ...settings,
      secrets: { SSH_KEY: this.#lab.ssh.key, ...settings.secrets },
      variables: {
        HOSTS: servers.map(({ url }) => url).join('\n'),
        KNOWN_HOSTS: this.#lab.ssh.knownHosts,
        URL: `http://${servers[0]?.address}/up`,
        ...settings.variables,
      },
    };
  }

  /** The lab's registry takes the place of GitHub's, which can't be reached from it. */
  #inputs(command: Command, { app }: Inputs): Inputs {
    const path = app === '' || app === undefined ? this.name : `${this.name}/${app}`;
    const image = { image: `${this.#lab.registry.address}/e2e/${path}` };
    const login = registryInputs(this.#lab);
    switch (command) {
      case 'deliver':
        return { ...image, ...login, ...this.#options.inputs };
      case 'build':
        return { ...image, ...login };
      case 'deploy':
      case 'export':
      case 'rollback':
        return login;
      case 'import':
      case 'status':
      case 'remove':
      case 'unlock':
      case 'logs':
      case 'gate':
        return {};
    }
  }
}

/** A repository with the files of an example. */
export async function example(lab: Lab, folder: string, options: ExampleOptions): Promise<Example> {
  const origin = await workspace({ folder: resolve(import.meta.dirname, '../../examples', folder) });
  const name = uniqueName('example');
  const github = await GitHubStandIn.start({ repository: `octo/${name}` });
  return new Example(folder, lab, options, name, origin, github);
}
