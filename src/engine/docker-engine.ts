import { HostError } from '../model/errors.ts';
import { detailsOf, imageOf, namedOf, summaryOf } from './answers.ts';
import { EMPTY_ARCHIVE, type FileToWrite, packFiles, unpackFiles } from './archive.ts';
import type { Client } from './client.ts';
import type {
  ContainerDetails,
  ContainerSummary,
  Endpoint,
  Engine,
  EngineEvent,
  EngineVersion,
  ExecResult,
  ImageDetails,
  NamedObject,
  RestartPolicy,
} from './engine.ts';
import { Conflict, diskFull, NotFound, saysDiskFull } from './errors.ts';
import { openEvents } from './events.ts';
import { type ExecOptions, exec } from './exec.ts';
import { Fields, listOf } from './fields.ts';
import { linesOf } from './streams.ts';

/** The longest a removal that somebody else began is waited for. Milliseconds. */
const REMOVAL = 30_000;

export interface Connection {
  readonly client: Client;
  readonly version: EngineVersion;
  readonly cli: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** The Engine API of one connected host. */
export class DockerEngine implements Engine {
  readonly #client: Client;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#client = connection.client;
    this.#connection = connection;
  }

  get host(): string {
    return this.#client.host;
  }

  get cli(): Readonly<Record<string, string>> {
    return this.#connection.cli;
  }

  get lost(): AbortSignal {
    return this.#client.lost;
  }

  version(): Promise<EngineVersion> {
    return Promise.resolve(this.#connection.version);
  }

  async listContainers(labels: readonly string[]): Promise<readonly ContainerSummary[]> {
    const query = { all: 'true', filters: filtersOf({ label: labels }) };
    return listOf(await this.#client.json('list containers', 'GET', '/containers/json', { query })).map(
      summaryOf,
    );
  }

  async inspectContainer(id: string): Promise<ContainerDetails> {
    return detailsOf(await this.#client.json(`inspect container ${id}`, 'GET', `${container(id)}/json`));
  }

  async createContainer(name: string, spec: Readonly<Record<string, unknown>>): Promise<string> {
    const options = { query: { name }, body: spec };
    return new Fields(
      await this.#client.json(`create container ${name}`, 'POST', '/containers/create', options),
    ).text('Id');
  }

  async startContainer(id: string): Promise<void> {
    await this.#client.call(`start container ${id}`, 'POST', `${container(id)}/start`);
  }

  async stopContainer(id: string, timeout?: number): Promise<void> {
    const query = { t: timeout === undefined ? undefined : String(timeout) };
    await this.#client.call(`stop container ${id}`, 'POST', `${container(id)}/stop`, { query });
  }

  async removeContainer(id: string, options: { readonly force?: boolean } = {}): Promise<void> {
    const doing = `remove container ${id}`;
    try {
      await this.#client.call(doing, 'DELETE', container(id), {
        query: { v: 'true', force: String(options.force ?? false) },
        allow: [404],
      });
    } catch (error) {
      if (!(error instanceof Conflict && /already in progress/.test(error.message))) throw error;
      await this.#awaitRemoval(id, doing);
    }
  }

  /** Somebody else removes it already: waits for the end of that, which a hanging engine may never reach. */
  async #awaitRemoval(id: string, doing: string): Promise<void> {
    const over = AbortSignal.timeout(REMOVAL);
    try {
      const query = { condition: 'removed' };
      await this.#client.call(doing, 'POST', `${container(id)}/wait`, { query, allow: [404], signal: over });
    } catch (error) {
      if (!over.aborted) throw error;
      throw new HostError(
        this.host,
        `could not ${doing}: its removal was under way and has not ended after ${REMOVAL / 1000} s. Look at "docker ps -a" and the engine's log on the host.`,
      );
    }
  }

  async setRestartPolicy(id: string, policy: RestartPolicy): Promise<void> {
    await this.#client.call(`set the restart policy of container ${id}`, 'POST', `${container(id)}/update`, {
      body: { RestartPolicy: { Name: policy.name, MaximumRetryCount: policy.attempts } },
    });
  }

  async containerLogs(id: string, tail: number): Promise<readonly string[]> {
    const query = { stdout: 'true', stderr: 'true', tail: String(tail) };
    const { headers, body } = await this.#client.call(
      `read the log of container ${id}`,
      'GET',
      `${container(id)}/logs`,
      { query },
    );
    // Containers with a terminal have one plain stream.
    return linesOf(headers['content-type'] === 'application/vnd.docker.multiplexed-stream', body);
  }

  exec(id: string, argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return exec(this.#client, id, argv, options);
  }

  async readFiles(id: string, path: string): Promise<ReadonlyMap<string, Buffer>> {
    const doing = `read ${path} of container ${id}`;
    try {
      const { body } = await this.#client.call(doing, 'GET', `${container(id)}/archive`, { query: { path } });
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
      `${container(id)}/archive`,
      options,
    );
  }

  async inspectImage(reference: string): Promise<ImageDetails | undefined> {
    const found = await this.#client.find(`inspect image ${reference}`, `${image(reference)}/json`);
    return found === undefined ? undefined : imageOf(new Fields(found));
  }

  async tagImage(reference: string, repository: string, tag: string): Promise<void> {
    await this.#client.call(`tag image ${reference}`, 'POST', `${image(reference)}/tag`, {
      query: { repo: repository, tag },
    });
  }

  async removeImage(reference: string): Promise<boolean> {
    const { status } = await this.#client.call(`remove image ${reference}`, 'DELETE', image(reference), {
      allow: [404, 409],
    });
    return status < 400;
  }

  async listImages(filters: Readonly<Record<string, readonly string[]>>): Promise<readonly ImageDetails[]> {
    return listOf(
      await this.#client.json('list images', 'GET', '/images/json', {
        query: { filters: filtersOf(filters) },
      }),
    ).map(imageOf);
  }

  async importEmptyImage(repository: string, tag: string): Promise<void> {
    const doing = `make image ${repository}:${tag}`;
    const query = { fromSrc: '-', repo: repository, tag };
    const { body } = await this.#client.call(doing, 'POST', '/images/create', { query, body: EMPTY_ARCHIVE });
    // The status was sent before the work began: a failure is a line of the answer.
    for (const line of body.toString().split('\n').filter(Boolean)) {
      const error = new Fields(JSON.parse(line)).text('error');
      if (saysDiskFull(error)) throw diskFull(this.host, doing, error);
      if (error !== '') throw new HostError(this.host, `could not ${doing}: ${error}`);
    }
  }

  async listNetworks(labels: readonly string[]): Promise<readonly NamedObject[]> {
    return listOf(
      await this.#client.json('list networks', 'GET', '/networks', {
        query: { filters: filtersOf({ label: labels }) },
      }),
    ).map(namedOf);
  }

  async createNetwork(spec: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#client.call(`create network ${spec['Name']}`, 'POST', '/networks/create', { body: spec });
  }

  async connectNetwork(name: string, id: string, endpoint: Endpoint): Promise<void> {
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
    const found = await this.#client.find(`inspect volume ${name}`, `/volumes/${encodeURIComponent(name)}`);
    return found === undefined ? undefined : namedOf(new Fields(found));
  }

  async createVolume(spec: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#client.call(`create volume ${spec['Name']}`, 'POST', '/volumes/create', { body: spec });
  }

  events(
    filters: Readonly<Record<string, readonly string[]>>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<EngineEvent>> {
    return openEvents(this.#client, filters, signal);
  }

  async close(): Promise<void> {
    this.#client.lose(new HostError(this.host, 'the connection was closed.'));
    await this.#connection.close();
  }
}

function filtersOf(filters: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify(filters);
}

function container(id: string): string {
  return `/containers/${encodeURIComponent(id)}`;
}

/** The engine takes the slashes, colons and the at sign of a reference as they are. */
function image(reference: string): string {
  return `/images/${encodeURIComponent(reference).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@')}`;
}
