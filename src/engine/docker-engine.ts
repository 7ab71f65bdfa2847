import { HostError } from '../model/errors.ts';
import { type FileToWrite, packFiles, unpackFiles } from './archive.ts';
import type { EngineClient } from './client.ts';
import type {
  ContainerDetails,
  ContainerSummary,
  EndpointSettings,
  Engine,
  EngineEvent,
  EngineVersion,
  ExecResult,
  ImageDetails,
  NamedObject,
  RestartPolicy,
} from './engine.ts';
import { NotFound } from './errors.ts';
import { openEvents } from './events.ts';
import { type ExecOptions, exec } from './exec.ts';
import { Fields, listOf } from './fields.ts';
import * as images from './images.ts';
import { containerPath, filtersParameter } from './paths.ts';
import { removeContainer } from './remove-container.ts';
import { parseContainerDetails, parseContainerSummary, parseNamedObject } from './responses.ts';
import { streamLines } from './streams.ts';

/** What a host was reached by. */
export interface EngineConnection {
  readonly client: EngineClient;
  readonly version: EngineVersion;
  readonly cliEnvironment: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** The Engine API of one connected host. */
export class DockerEngine implements Engine {
  readonly #client: EngineClient;
  readonly #connection: EngineConnection;

  constructor(connection: EngineConnection) {
    this.#client = connection.client;
    this.#connection = connection;
  }

  get host(): string {
    return this.#client.host;
  }

  get cliEnvironment(): Readonly<Record<string, string>> {
    return this.#connection.cliEnvironment;
  }

  get disconnected(): AbortSignal {
    return this.#client.disconnected;
  }

  version(): Promise<EngineVersion> {
    return Promise.resolve(this.#connection.version);
  }

  async listContainers(labels: readonly string[]): Promise<readonly ContainerSummary[]> {
    const query = { all: 'true', filters: filtersParameter({ label: labels }) };
    return listOf(await this.#client.callJson('list containers', 'GET', '/containers/json', { query })).map(
      parseContainerSummary,
    );
  }

  async inspectContainer(id: string): Promise<ContainerDetails> {
    return parseContainerDetails(
      await this.#client.callJson(`inspect container ${id}`, 'GET', `${containerPath(id)}/json`),
    );
  }

  async createContainer(name: string, spec: Readonly<Record<string, unknown>>): Promise<string> {
    const options = { query: { name }, body: spec };
    return new Fields(
      await this.#client.callJson(`create container ${name}`, 'POST', '/containers/create', options),
    ).text('Id');
  }

  async startContainer(id: string): Promise<void> {
    await this.#client.call(`start container ${id}`, 'POST', `${containerPath(id)}/start`);
  }

  async stopContainer(id: string, timeout?: number): Promise<void> {
    const query = { t: timeout === undefined ? undefined : String(timeout) };
    await this.#client.call(`stop container ${id}`, 'POST', `${containerPath(id)}/stop`, { query });
  }

  removeContainer(id: string, options: { readonly force?: boolean } = {}): Promise<void> {
    return removeContainer(this.#client, id, options.force ?? false);
  }

  async setRestartPolicy(id: string, policy: RestartPolicy): Promise<void> {
    await this.#client.call(
      `set the restart policy of container ${id}`,
      'POST',
      `${containerPath(id)}/update`,
      {
        body: { RestartPolicy: { Name: policy.name, MaximumRetryCount: policy.maxRetries } },
      },
    );
  }

  async containerLogs(id: string, tail: number): Promise<readonly string[]> {
    const query = { stdout: 'true', stderr: 'true', tail: String(tail) };
    const { headers, body } = await this.#client.call(
      `read the log of container ${id}`,
      'GET',
      `${containerPath(id)}/logs`,
      { query },
    );
    // Containers with a terminal have one plain stream.
    return streamLines(headers['content-type'] === 'application/vnd.docker.multiplexed-stream', body);
  }

  exec(id: string, argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return exec(this.#client, id, argv, options);
  }

  async readFiles(id: string, path: string): Promise<ReadonlyMap<string, Buffer>> {
    const operation = `read ${path} of container ${id}`;
    try {
      const { body } = await this.#client.call(operation, 'GET', `${containerPath(id)}/archive`, {
        query: { path },
      });
      return await unpackFiles(body);
    } catch (error) {
      // 404 is said of the container and of the path.
      if (error instanceof NotFound && !/no such container/i.test(error.message)) return new Map();
      throw error;
    }
  }

  async writeFiles(id: string, path: string, files: ReadonlyMap<string, FileToWrite>): Promise<void> {
    const options = { query: { path }, body: await packFiles(files) };
    await this.#client.call(
      `write ${[...files.keys()].join(', ')} to ${path} of container ${id}`,
      'PUT',
      `${containerPath(id)}/archive`,
      options,
    );
  }

  inspectImage(reference: string): Promise<ImageDetails | undefined> {
    return images.inspectImage(this.#client, reference);
  }

  tagImage(reference: string, repository: string, tag: string): Promise<void> {
    return images.tagImage(this.#client, reference, repository, tag);
  }

  removeImage(reference: string): Promise<boolean> {
    return images.removeImage(this.#client, reference);
  }

  listImages(filters: Readonly<Record<string, readonly string[]>>): Promise<readonly ImageDetails[]> {
    return images.listImages(this.#client, filters);
  }

  importEmptyImage(repository: string, tag: string): Promise<void> {
    return images.importEmptyImage(this.#client, repository, tag);
  }

  async listNetworks(labels: readonly string[]): Promise<readonly NamedObject[]> {
    return listOf(
      await this.#client.callJson('list networks', 'GET', '/networks', {
        query: { filters: filtersParameter({ label: labels }) },
      }),
    ).map(parseNamedObject);
  }

  async createNetwork(spec: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#client.call(`create network ${spec['Name']}`, 'POST', '/networks/create', { body: spec });
  }

  async connectNetwork(name: string, id: string, endpoint: EndpointSettings): Promise<void> {
    await this.#client.call(
      `connect container ${id} to network ${name}`,
      'POST',
      `/networks/${encodeURIComponent(name)}/connect`,
      { body: { Container: id, EndpointConfig: endpoint } },
    );
  }

  async disconnectNetwork(name: string, id: string): Promise<void> {
    await this.#client.call(
      `disconnect container ${id} from network ${name}`,
      'POST',
      `/networks/${encodeURIComponent(name)}/disconnect`,
      { body: { Container: id } },
    );
  }

  async inspectVolume(name: string): Promise<NamedObject | undefined> {
    const found = await this.#client.findJson(
      `inspect volume ${name}`,
      `/volumes/${encodeURIComponent(name)}`,
    );
    return found === undefined ? undefined : parseNamedObject(new Fields(found));
  }

  async createVolume(spec: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#client.call(`create volume ${spec['Name']}`, 'POST', '/volumes/create', { body: spec });
  }

  events(
    filters: Readonly<Record<string, readonly string[]>>,
    signal: AbortSignal,
    since?: string,
  ): Promise<AsyncIterable<EngineEvent>> {
    return openEvents(this.#client, filters, signal, since);
  }

  async close(): Promise<void> {
    this.#client.disconnect(new HostError(this.host, 'the connection was closed.'));
    await this.#connection.close();
  }
}
