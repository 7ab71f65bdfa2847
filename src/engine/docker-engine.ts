import type { Readable } from 'node:stream';
import type { AddressRange } from '../model/address-range.ts';
import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { thisJob } from '../model/place-words.ts';
import { EMPTY_ARCHIVE, type FileToWrite, packFiles, unpackFiles } from './archive.ts';
import { CALL_LIMIT } from './call-limit.ts';
import type { EngineClient } from './client.ts';
import { checkAddresses, createNetwork, type NetworkCalls } from './create-network.ts';
import type {
  ContainerDetails,
  ContainerSummary,
  EndpointSettings,
  Engine,
  EngineEvent,
  EngineVersion,
  ExecOptions,
  ExecResult,
  Filters,
  ImageDetails,
  LoadOptions,
  NamedObject,
  NetworkSummary,
  ObjectSpec,
  PullOptions,
  RemoveContainerOptions,
  RestartPolicy,
  WayBack,
} from './engine.ts';
import { engineError, NotFound } from './errors.ts';
import { openEvents, unixTime } from './events.ts';
import { exec } from './exec.ts';
import { Fields, listOf } from './fields.ts';
import { isCompleteOnEngine, loadOnEngine } from './load-on-engine.ts';
import { containerPath, filtersParameter, imagePath } from './paths.ts';
import { PreparedShells } from './prepared-shells.ts';
import { pullOnEngine } from './pull-on-engine.ts';
import { removeContainer } from './remove-container.ts';
import {
  parseContainerDetails,
  parseContainerSummary,
  parseImageDetails,
  parseNamedObject,
  parseNetworkSummary,
} from './responses.ts';
import { streamLines } from './streams.ts';

/** An engine that answers, and what belongs to the connection to it. */
export interface EngineConnection {
  readonly client: EngineClient;
  readonly version: EngineVersion;
  readonly cliEnvironment: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
  /** See `Engine.openWayBack`. */
  readonly openWayBack: (port: number) => Promise<WayBack>;
}

/** The status of the engine's answer for a container that runs already (moby, api/swagger.yaml). */
const ALREADY_STARTED = 304;

/** Milliseconds until an engine begins to send an image. */
const SAVE_LIMIT = 30 * 60_000;

/** The Engine API of one connected host. */
export class DockerEngine implements Engine {
  readonly cliEnvironment: Readonly<Record<string, string>>;
  readonly #client: EngineClient;
  readonly #connection: EngineConnection;
  readonly #shells: PreparedShells;
  /** Where the addresses of new networks are taken from; `undefined`: from a pool of the engine. */
  readonly #networkRange: AddressRange | undefined;

  constructor(connection: EngineConnection, networkRange?: AddressRange) {
    this.#networkRange = networkRange;
    this.cliEnvironment = connection.cliEnvironment;
    this.#client = connection.client;
    this.#connection = connection;
    this.#shells = new PreparedShells(connection.client);
  }

  get host(): HostName {
    return this.#client.host;
  }

  get disconnected(): AbortSignal {
    return this.#client.disconnected;
  }

  version(): Promise<EngineVersion> {
    return Promise.resolve(this.#connection.version);
  }

  async listContainers(labels: readonly string[]): Promise<readonly ContainerSummary[]> {
    const query = { all: 'true', filters: filtersParameter({ label: labels }) };
    const found = await this.#client.callJson('list containers', 'GET', '/containers/json', { query });
    return listOf(found).map(parseContainerSummary);
  }

  async inspectContainer(id: string): Promise<ContainerDetails> {
    const path = `${containerPath(id)}/json`;
    return parseContainerDetails(await this.#client.callJson(`inspect container ${id}`, 'GET', path));
  }

  async createContainer(name: string, spec: ObjectSpec): Promise<string> {
    const options = { query: { name }, body: spec };
    const operation = `create container ${name}`;
    const created = await this.#client.callJson(operation, 'POST', '/containers/create', options);
    return new Fields(created).text('Id');
  }

  async startContainer(id: string): Promise<boolean> {
    const { status } = await this.#client.call(`start container ${id}`, 'POST', `${containerPath(id)}/start`);
    return status !== ALREADY_STARTED;
  }

  async stopContainer(id: string, timeout?: number): Promise<void> {
    const query = { t: timeout === undefined ? undefined : String(timeout) };
    const grace = timeout ?? (await this.inspectContainer(id)).stopTimeout;
    const limit = grace * 1000 + CALL_LIMIT;
    await this.#client.call(`stop container ${id}`, 'POST', `${containerPath(id)}/stop`, { query, limit });
  }

  removeContainer(id: string, options: RemoveContainerOptions = {}): Promise<void> {
    return removeContainer(this.#client, id, options);
  }

  async setRestartPolicy(id: string, { name, maxRetries }: RestartPolicy): Promise<void> {
    const body = { RestartPolicy: { Name: name, MaximumRetryCount: maxRetries } };
    const operation = `set the restart policy of container ${id}`;
    await this.#client.call(operation, 'POST', `${containerPath(id)}/update`, { body });
  }

  async renameContainer(id: string, name: string): Promise<void> {
    const options = { query: { name } };
    await this.#client.call(
      `rename container ${id} to ${name}`,
      'POST',
      `${containerPath(id)}/rename`,
      options,
    );
  }

  async containerLogs(id: string, tail: number, since?: string): Promise<readonly string[]> {
    const query = {
      ...{ stdout: 'true', stderr: 'true', tail: String(tail) },
      since: since === undefined ? undefined : unixTime(since),
    };
    const operation = `read the log of container ${id}`;
    const { headers, body } = await this.#client.call(operation, 'GET', `${containerPath(id)}/logs`, {
      query,
    });
    // A container with a terminal has one plain stream.
    return streamLines(headers['content-type'] === 'application/vnd.docker.multiplexed-stream', body);
  }

  exec(id: string, argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return exec(this.#client, id, argv, options, this.#shells);
  }

  prepareExec(id: string): void {
    // A shell that waits has a connection that others need more.
    if (!this.#client.hasFewConnections) this.#shells.prepare(id);
  }

  async readFiles(id: string, path: string): Promise<ReadonlyMap<string, Buffer>> {
    const operation = `read ${path} of container ${id}`;
    const query = { path };
    try {
      const { body } = await this.#client.call(operation, 'GET', `${containerPath(id)}/archive`, { query });
      return await unpackFiles(body);
    } catch (error) {
      // The engine answers 404 for a missing container and for a missing path.
      if (error instanceof NotFound && !/no such container/i.test(error.message)) return new Map();
      throw error;
    }
  }

  async writeFiles(
    id: string,
    path: string,
    files: ReadonlyMap<string, FileToWrite>,
    how: { readonly urgent?: boolean; readonly limit?: number } = {},
  ): Promise<void> {
    const options = { ...how, query: { path }, body: await packFiles(files) };
    const operation = `write ${[...files.keys()].join(', ')} to ${path} of container ${id}`;
    await this.#client.call(operation, 'PUT', `${containerPath(id)}/archive`, options);
  }

  async inspectImage(reference: string): Promise<ImageDetails | undefined> {
    const path = `${imagePath(reference)}/json`;
    const found = await this.#client.findJson(`inspect image ${reference}`, path);
    return found === undefined ? undefined : parseImageDetails(new Fields(found));
  }

  pullImage(reference: string, options: PullOptions): Promise<void> {
    return pullOnEngine(this.#client, reference, options);
  }

  loadImage(archive: Readable, options: LoadOptions): Promise<void> {
    return loadOnEngine(this.#client, this.#connection.version, archive, options);
  }

  saveImage(reference: string, signal: AbortSignal): Promise<Readable> {
    // The classic store writes all of it to its disk before the first byte.
    const options = { signal, limit: SAVE_LIMIT };
    return this.#client.stream(`save image ${reference}`, 'GET', `${imagePath(reference)}/get`, options);
  }

  isImageComplete(reference: string): Promise<boolean> {
    return isCompleteOnEngine(this.#client, this.#connection.version, reference);
  }

  openWayBack(port: number): Promise<WayBack> {
    return this.#connection.openWayBack(port);
  }

  async tagImage(reference: string, repository: string, tag: string): Promise<void> {
    const query = { repo: repository, tag };
    await this.#client.call(`tag image ${reference}`, 'POST', `${imagePath(reference)}/tag`, { query });
  }

  async removeImage(reference: string): Promise<boolean> {
    const options = { allow: [404, 409] };
    const operation = `remove image ${reference}`;
    const { status } = await this.#client.call(operation, 'DELETE', imagePath(reference), options);
    return status < 400;
  }

  async listImages(filters: Filters): Promise<readonly ImageDetails[]> {
    const query = { filters: filtersParameter(filters) };
    const found = await this.#client.callJson('list images', 'GET', '/images/json', { query });
    return listOf(found).map(parseImageDetails);
  }

  async importEmptyImage(repository: string, tag: string): Promise<void> {
    const operation = `create image ${repository}:${tag}`;
    const options = { query: { fromSrc: '-', repo: repository, tag }, body: EMPTY_ARCHIVE };
    const { body } = await this.#client.call(operation, 'POST', '/images/create', options);
    // The engine sends the status before it begins: a failure is a line of the body.
    for (const line of body.toString().split('\n').filter(Boolean)) {
      const error = new Fields(JSON.parse(line)).text('error');
      if (error !== '') throw engineError(this.host, operation, error);
    }
  }

  now(): number {
    return this.#client.now();
  }

  async listNetworks(labels: readonly string[]): Promise<readonly NetworkSummary[]> {
    const query = { filters: filtersParameter({ label: labels }) };
    const found = await this.#client.callJson('list networks', 'GET', '/networks', { query });
    return listOf(found).map(parseNetworkSummary);
  }

  createNetwork(spec: ObjectSpec): Promise<void> {
    return createNetwork(this.#networkCalls(), spec);
  }

  checkNetworkAddresses(count: number): Promise<void> {
    return checkAddresses(this.#networkCalls(), count);
  }

  #networkCalls(): NetworkCalls {
    return {
      host: this.host,
      range: this.#networkRange,
      now: () => this.now(),
      list: () => this.listNetworks([]),
      remove: (id) => this.removeNetwork(id),
      create: async (body) => {
        const operation = `create network ${body['Name']}`;
        const created = await this.#client.callJson(operation, 'POST', '/networks/create', { body });
        return new Fields(created).text('Id');
      },
    };
  }

  async removeNetwork(id: string): Promise<void> {
    const path = `/networks/${encodeURIComponent(id)}`;
    await this.#client.call(`remove network ${id}`, 'DELETE', path, { allow: [404] });
  }

  async connectNetwork(name: string, id: string, endpoint: EndpointSettings): Promise<void> {
    const body = { Container: id, EndpointConfig: endpoint };
    const path = `/networks/${encodeURIComponent(name)}/connect`;
    await this.#client.call(`connect container ${id} to network ${name}`, 'POST', path, { body });
  }

  async disconnectNetwork(name: string, id: string): Promise<void> {
    const body = { Container: id };
    const path = `/networks/${encodeURIComponent(name)}/disconnect`;
    await this.#client.call(`disconnect container ${id} from network ${name}`, 'POST', path, { body });
  }

  async listVolumes(labels: readonly string[]): Promise<readonly NamedObject[]> {
    const query = { filters: filtersParameter({ label: labels }) };
    const found = await this.#client.callJson('list volumes', 'GET', '/volumes', { query });
    return new Fields(found).objects('Volumes').map(parseNamedObject);
  }

  async inspectVolume(name: string): Promise<NamedObject | undefined> {
    const path = `/volumes/${encodeURIComponent(name)}`;
    const found = await this.#client.findJson(`inspect volume ${name}`, path);
    return found === undefined ? undefined : parseNamedObject(new Fields(found));
  }

  async createVolume(spec: ObjectSpec): Promise<void> {
    await this.#client.call(`create volume ${spec['Name']}`, 'POST', '/volumes/create', { body: spec });
  }

  async removeVolume(name: string): Promise<void> {
    const path = `/volumes/${encodeURIComponent(name)}`;
    await this.#client.call(`remove volume ${name}`, 'DELETE', path, { allow: [404] });
  }

  events(filters: Filters, signal: AbortSignal, since?: string): Promise<AsyncIterable<EngineEvent>> {
    return openEvents(this.#client, filters, signal, since);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#shells[Symbol.dispose]();
    this.#client.disconnect(new HostError(this.host, `the connection was closed by ${thisJob()}.`));
    await this.#connection.close();
  }
}
