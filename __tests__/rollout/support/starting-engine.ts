import type { ContainerSummary, Engine, ExecOptions } from '../../../src/engine/engine.ts';
import type { Release } from '../../../src/model/release.ts';
import type { HostContext } from '../../../src/rollout/host-context.ts';
import { details, health, MemoryEngine } from './memory-engine.ts';
import { testHostContext } from './watched-engine.ts';

/** An engine with the stopped containers of a release, one for each service: `web-1`. It remembers what was done with them. */
export class StartingEngine extends MemoryEngine {
  /** `start web-1`, `run chown in web-1`, `stop web-1`, in order. */
  readonly calls: string[] = [];
  readonly executed: { readonly argv: readonly string[]; readonly options: ExecOptions }[] = [];
  /** What happens when a container starts: by default it runs. */
  onStart: (id: string) => void = (id) => {
    this.set({ id, state: 'running' });
  };
  /** What a command prints, and its exit code. */
  output = { exitCode: 0, stdout: '', stderr: '' };
  /** Whether commands end. */
  ends: boolean = true;
  readonly #release: Release;

  constructor(release: Release) {
    super();
    this.#release = release;
    for (const service of Object.keys(release.services)) {
      const id = `${service}-1`;
      const labels = { 'com.docker.compose.service': service, 'sealift.release': release.id };
      this.set({ ...details(), id, name: id, labels, state: 'exited' });
    }
  }

  /** Its containers have a HEALTHCHECK that has not answered yet. */
  withHealthcheck(id: string): void {
    this.set({ id, health: health('starting') });
  }

  override listContainers: Engine['listContainers'] = async () =>
    Promise.all(
      Object.keys(this.#release.services).map(async (service): Promise<ContainerSummary> => {
        const { id, name, labels, state } = await this.inspectContainer(`${service}-1`);
        return { id, name, labels, state, imageId: '', ports: [], networks: [], volumes: [] };
      }),
    );
  override startContainer: Engine['startContainer'] = async (id) => {
    if ((await this.inspectContainer(id)).state === 'running') return false;
    this.calls.push(`start ${id}`);
    this.onStart(id);
    return true;
  };
  override stopContainer: Engine['stopContainer'] = (id) => {
    this.calls.push(`stop ${id}`);
    this.set({ id, state: 'exited' });
    return Promise.resolve();
  };
  override exec: Engine['exec'] = (id, argv, options = {}) => {
    this.calls.push(`run ${argv.join(' ')} in ${id}`);
    this.executed.push({ argv, options });
    if (this.ends) return Promise.resolve(this.output);
    const { promise, reject } = Promise.withResolvers<never>();
    options.signal?.addEventListener('abort', () => reject(options.signal?.reason));
    return promise;
  };
}

/** The context of actions on that engine, whose host has a record of the release; `warnings` gets those of the log. */
export function startingContext(
  engine: StartingEngine,
  release: Release,
  warnings: string[] = [],
): HostContext {
  const context = testHostContext(engine, new AbortController().signal);
  const log = { ...context.log, warning: (line: string) => void warnings.push(line) };
  return { ...context, log, releases: new Map([[release.id, release]]), desired: release.id };
}
