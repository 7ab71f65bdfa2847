import type { ContainerDetails, Engine, EngineEvent } from '../../../src/engine/engine.ts';
import { NotFound } from '../../../src/engine/errors.ts';
import type { HostName } from '../../../src/model/identifiers.ts';
import { hostName } from '../../support/identifiers.ts';

const unused = (): never => {
  throw new Error('This engine only knows containers and their events.');
};

export function details(changes: Partial<ContainerDetails> = {}): ContainerDetails {
  return {
    id: 'web-1',
    name: 'shop-test-web-1',
    imageId: 'sha256:1',
    labels: {},
    state: 'running',
    health: undefined,
    exitCode: 0,
    oomKilled: false,
    error: '',
    startedAt: '2026-01-01T00:00:00Z',
    stopTimeout: 10,
    restartCount: 0,
    restartPolicy: 'no',
    networks: {},
    ...changes,
  };
}

export const health = (
  status: 'none' | 'starting' | 'healthy' | 'unhealthy',
  lastOutput = '',
): ContainerDetails['health'] => ({ status, lastOutput });

/** An engine in memory, whose containers and events the test sets. */
export class MemoryEngine implements Engine {
  readonly host: HostName;
  readonly cliEnvironment = {};
  readonly #lost = new AbortController();
  readonly #containers = new Map<string, ContainerDetails>();
  readonly #streams = new Set<Stream>();
  /** How often a container was inspected. */
  inspections = 0;
  /** Past events, for `since`. */
  readonly past: EngineEvent[] = [];
  /** Called before an inspection is answered. */
  beforeInspection: (id: string) => void = () => undefined;

  constructor(host = hostName('ssh://one')) {
    this.host = host;
  }

  get disconnected(): AbortSignal {
    return this.#lost.signal;
  }

  get listeners(): number {
    return this.#streams.size;
  }

  /** Changes a container without an event. */
  set(changes: Partial<ContainerDetails>): ContainerDetails {
    const changed = { ...(this.#containers.get(changes.id ?? 'web-1') ?? details()), ...changes };
    this.#containers.set(changed.id, changed);
    return changed;
  }

  /** Removes a container without an event. */
  remove(id: string): void {
    this.#containers.delete(id);
  }

  emit(action: string, id = 'web-1', attributes: Readonly<Record<string, string>> = {}): void {
    for (const stream of this.#streams) stream.push({ action, id, attributes });
  }

  disconnect(reason: Error): void {
    this.#lost.abort(reason);
  }

  /** Ends the event streams, like an engine that is stopped. */
  endStreams(error?: Error): void {
    for (const stream of this.#streams) stream.end(error);
  }

  inspectContainer = async (id: string): Promise<ContainerDetails> => {
    this.#lost.signal.throwIfAborted();
    this.inspections += 1;
    this.beforeInspection(id);
    const found = this.#containers.get(id);
    if (found === undefined) throw new NotFound(this.host, `no such container: ${id}`);
    return Promise.resolve(found);
  };

  events = async (
    _filters: Readonly<Record<string, readonly string[]>>,
    signal: AbortSignal,
    since?: string,
  ): Promise<AsyncIterable<EngineEvent>> => {
    const stream = new Stream(signal, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    if (since !== undefined) for (const event of this.past) stream.push(event);
    return Promise.resolve(stream);
  };

  pullImage: Engine['pullImage'] = unused;
  version = unused;
  listContainers: Engine['listContainers'] = unused;
  createContainer = unused;
  startContainer: Engine['startContainer'] = unused;
  stopContainer: Engine['stopContainer'] = unused;
  removeContainer: Engine['removeContainer'] = unused;
  setRestartPolicy: Engine['setRestartPolicy'] = unused;
  renameContainer: Engine['renameContainer'] = unused;
  containerLogs: Engine['containerLogs'] = unused;
  exec: Engine['exec'] = unused;
  prepareExec: Engine['prepareExec'] = () => undefined;
  readFiles = unused;
  writeFiles: Engine['writeFiles'] = unused;
  inspectImage: Engine['inspectImage'] = unused;
  loadImage: Engine['loadImage'] = unused;
  saveImage: Engine['saveImage'] = unused;
  isImageComplete: Engine['isImageComplete'] = unused;
  openWayBack: Engine['openWayBack'] = unused;
  tagImage: Engine['tagImage'] = unused;
  removeImage: Engine['removeImage'] = unused;
  listImages: Engine['listImages'] = unused;
  importEmptyImage = unused;
  listNetworks: Engine['listNetworks'] = unused;
  createNetwork: Engine['createNetwork'] = unused;
  checkNetworkAddresses = unused;
  removeNetwork = unused;
  connectNetwork = unused;
  disconnectNetwork = unused;
  listVolumes: Engine['listVolumes'] = unused;
  inspectVolume = unused;
  now = unused;
  createVolume = unused;
  removeVolume: Engine['removeVolume'] = unused;
  [Symbol.asyncDispose] = unused;
}

/** Yields events as they are pushed, until it is ended or aborted. */
class Stream implements AsyncIterable<EngineEvent> {
  readonly #waiting: EngineEvent[] = [];
  #more = Promise.withResolvers<void>();
  #ended: { readonly error: Error | undefined } | undefined;
  readonly #left: () => void;

  constructor(signal: AbortSignal, left: () => void) {
    this.#left = left;
    signal.addEventListener('abort', () => this.end());
  }

  push(event: EngineEvent): void {
    this.#waiting.push(event);
    this.#more.resolve();
  }

  end(error?: Error): void {
    this.#ended ??= { error };
    this.#more.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EngineEvent> {
    try {
      for (;;) {
        yield* this.#waiting.splice(0);
        if (this.#ended?.error !== undefined) throw this.#ended.error;
        if (this.#ended !== undefined) return;
        await this.#more.promise;
        this.#more = Promise.withResolvers<void>();
      }
    } finally {
      this.#left();
    }
  }
}
