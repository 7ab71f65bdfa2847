import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { asObject } from '../model/json.ts';
import { thisJob } from '../model/place-words.ts';
import type { EngineConnection } from './docker-engine.ts';
import type { Labels } from './engine.ts';
import { Fields, listOf } from './fields.ts';
import { filtersParameter } from './paths.ts';
import { streamLines } from './streams.ts';
import type {
  ClusterNode,
  LogEntry,
  SwarmConfig,
  SwarmEngine,
  SwarmNode,
  SwarmObject,
  SwarmService,
  SwarmTask,
} from './swarm-engine.ts';
import {
  parseClusterNetwork,
  parseClusterNode,
  parseSwarmConfig,
  parseSwarmNode,
  parseSwarmObject,
  parseSwarmService,
  parseSwarmTask,
} from './swarm-responses.ts';

/** The swarm's part of the Engine API, of one connected node. */
export class DockerSwarm implements SwarmEngine {
  readonly #connection: EngineConnection;

  constructor(connection: EngineConnection) {
    this.#connection = connection;
  }

  get host(): HostName {
    return this.#connection.client.host;
  }

  get cliEnvironment(): Readonly<Record<string, string>> {
    return this.#connection.cliEnvironment;
  }

  get disconnected(): AbortSignal {
    return this.#connection.client.disconnected;
  }

  async swarmNode(): Promise<SwarmNode> {
    const { client } = this.#connection;
    return parseSwarmNode(await client.callJson('ask what it is in its swarm', 'GET', '/info'));
  }

  async listNodes(): Promise<readonly ClusterNode[]> {
    return (await this.#list('list the nodes of the swarm', '/nodes')).map(parseClusterNode);
  }

  async listServices(labels: readonly string[]): Promise<readonly SwarmService[]> {
    return (await this.#list('list services', '/services', labels)).map(parseSwarmService);
  }

  async listTasks(labels: readonly string[]): Promise<readonly SwarmTask[]> {
    return (await this.#list('list tasks', '/tasks', labels)).map(parseSwarmTask);
  }

  async setServiceLabels(id: string, labels: Labels): Promise<void> {
    const { client } = this.#connection;
    const path = `/services/${encodeURIComponent(id)}`;
    const service = asObject(await client.callJson(`read service ${id}`, 'GET', path));
    const { Index } = asObject(service['Version']);
    const options = {
      query: { version: String(Index) },
      body: { ...asObject(service['Spec']), Labels: labels },
    };
    await client.call(`change the labels of service ${id}`, 'POST', `${path}/update`, options);
  }

  async removeService(id: string): Promise<void> {
    await this.#remove(`remove service ${id}`, `/services/${encodeURIComponent(id)}`);
  }

  async taskLogs(id: string, tail: number, signal: AbortSignal): Promise<readonly string[]> {
    return await this.#taskLog(id, { tail: String(tail) }, signal);
  }

  async taskLogsAfter(id: string, after: string, signal: AbortSignal): Promise<readonly LogEntry[]> {
    const since = after === '' ? undefined : String(Math.floor(Date.parse(after) / 1000));
    const lines = await this.#taskLog(id, { timestamps: 'true', since }, signal);
    return lines
      .map((text) => ({ time: text.slice(0, text.indexOf(' ')), line: text.slice(text.indexOf(' ') + 1) }))
      .filter(({ time }) => time > after);
  }

  async listConfigs(labels: readonly string[]): Promise<readonly SwarmConfig[]> {
    return (await this.#list('list configs', '/configs', labels)).map(parseSwarmConfig);
  }

  createConfig(name: string, labels: Labels, content: string): Promise<string> {
    return this.#create(`create config ${name}`, '/configs/create', name, labels, content);
  }

  async setConfigLabels({ id, name, version, content }: SwarmConfig, labels: Labels): Promise<void> {
    const body = { Name: name, Labels: labels, Data: Buffer.from(content).toString('base64') };
    const path = `/configs/${encodeURIComponent(id)}/update`;
    const options = { query: { version: String(version) }, body };
    await this.#connection.client.call(`change the labels of config ${name}`, 'POST', path, options);
  }

  async removeConfig(id: string): Promise<void> {
    await this.#remove(`remove config ${id}`, `/configs/${encodeURIComponent(id)}`);
  }

  async listSecrets(labels: readonly string[]): Promise<readonly SwarmObject[]> {
    return (await this.#list('list secrets', '/secrets', labels)).map(parseSwarmObject);
  }

  createSecret(name: string, labels: Labels, content: string): Promise<string> {
    return this.#create(`create secret ${name}`, '/secrets/create', name, labels, content);
  }

  async removeSecret(id: string): Promise<void> {
    await this.#remove(`remove secret ${id}`, `/secrets/${encodeURIComponent(id)}`);
  }

  async listClusterNetworks(labels: readonly string[]): Promise<readonly SwarmObject[]> {
    return (await this.#list('list networks', '/networks', labels)).map(parseClusterNetwork);
  }

  async removeClusterNetwork(id: string): Promise<void> {
    await this.#remove(`remove network ${id}`, `/networks/${encodeURIComponent(id)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.client.disconnect(
      new HostError(this.host, `the connection was closed by ${thisJob()}.`),
    );
    await this.#connection.close();
  }

  async #taskLog(
    id: string,
    options: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const query = { stdout: 'true', stderr: 'true', ...options };
    const path = `/tasks/${encodeURIComponent(id)}/logs`;
    const { client } = this.#connection;
    const { body } = await client.call(`read the log of task ${id}`, 'GET', path, { query, signal });
    return streamLines(true, body);
  }

  async #list(operation: string, path: string, labels: readonly string[] = []): Promise<readonly Fields[]> {
    const query = { filters: labels.length === 0 ? undefined : filtersParameter({ label: labels }) };
    return listOf(await this.#connection.client.callJson(operation, 'GET', path, { query }));
  }

  async #create(
    operation: string,
    path: string,
    name: string,
    labels: Labels,
    content: string,
  ): Promise<string> {
    const body = { Name: name, Labels: labels, Data: Buffer.from(content).toString('base64') };
    const created = await this.#connection.client.callJson(operation, 'POST', path, { body });
    return new Fields(created).text('ID');
  }

  async #remove(operation: string, path: string): Promise<void> {
    await this.#connection.client.call(operation, 'DELETE', path, { allow: [404] });
  }
}
