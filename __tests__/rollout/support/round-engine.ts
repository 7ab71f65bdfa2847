import type { ContainerSummary, Engine } from '../../../src/engine/engine.ts';
import { Conflict } from '../../../src/engine/errors.ts';
import { LABEL } from '../../../src/model/app-environment.ts';
import type { ReleaseId } from '../../../src/model/identifiers.ts';
import { details, MemoryEngine } from './memory-engine.ts';

const NOTHING = { ports: [], networks: [], volumes: [] };

/** A running container of the service `web`. */
export const containerOf = (release: ReleaseId, id: string): ContainerSummary => ({
  ...{ id, name: id, imageId: 'sha256:1', state: 'running', ...NOTHING },
  labels: {
    'com.docker.compose.service': 'web',
    [LABEL.release]: release,
    [LABEL.restart]: 'unless-stopped',
  },
});

/** An engine that answers all calls that are waiting at once: that is a round. */
export class RoundEngine extends MemoryEngine {
  containers: ContainerSummary[] = [];
  readonly rounds: string[][] = [];
  edge = 'edge';
  /** The drain that begins with the switch, and what is left at its end. */
  drain: (signal: AbortSignal | undefined) => Promise<number> = () => Promise.resolve(0);
  #round: Promise<void> | undefined;

  constructor() {
    super();
    const inspect = this.inspectContainer;
    this.inspectContainer = async (id) => {
      await this.see(`inspect ${id}`);
      return inspect(id);
    };
  }

  /** A call: it is answered at the end of its round. */
  see(call: string): Promise<void> {
    if (this.#round === undefined) {
      this.rounds.push([]);
      this.#round = new Promise((resolve) => {
        setTimeout(() => {
          this.#round = undefined;
          resolve();
        }, 5);
      });
    }
    this.rounds.at(-1)?.push(call);
    return this.#round;
  }

  add(release: ReleaseId, ...ids: readonly string[]): void {
    for (const id of ids) {
      const { labels } = containerOf(release, id);
      this.set({ ...details(), id, name: id, labels, stopTimeout: 7 });
      this.containers.push(containerOf(release, id));
    }
  }

  override listContainers: Engine['listContainers'] = async (labels) => {
    await this.see('list');
    const release = labels.find((label) => label.startsWith(LABEL.release));
    if (release !== undefined)
      return this.containers.filter((each) => release === `${LABEL.release}=${each.labels[LABEL.release]}`);
    const role = { [LABEL.role]: 'edge', [LABEL.edge]: '' };
    return [
      { ...{ id: this.edge, name: this.edge, imageId: '', state: 'running', labels: role }, ...NOTHING },
    ];
  };
  override setRestartPolicy: Engine['setRestartPolicy'] = (id, { name }) => this.see(`policy ${id} ${name}`);
  override stopContainer: Engine['stopContainer'] = (id, timeout) => this.see(`stop ${id} ${timeout}`);
  override exec: Engine['exec'] = async (id, argv, { onStdout, signal } = {}) => {
    const [, , , name, ...args] = argv;
    const [, , , drained = ''] = args;
    const seen = name === 'drain' ? argv.at(-1) : name === 'switch-and-drain' ? drained : undefined;
    await this.see(['exec', name, ...(seen === undefined ? [] : [seen])].join(' '));
    if (name === 'drain') return { exitCode: 0, stdout: '3\n', stderr: '' };
    if (name === 'probe') return { exitCode: 0, stdout: `${argv.at(-1)} 200\n`, stderr: '' };
    if (id !== this.edge) throw new Conflict(this.host, 'the container is not running');
    if (name !== 'switch-and-drain') return { exitCode: 0, stdout: stateAfter(args), stderr: '' };
    const state = `${stateAfter(args.slice(4))}\nsealift-switched\n`;
    onStdout?.(state);
    const left = await this.drain(signal);
    return { exitCode: 0, stdout: `${state}${left}\n`, stderr: '' };
  };
}

/** What the script prints that writes where the traffic goes. */
function stateAfter([, , split, , , , ...files]: readonly string[]): string {
  const lines = files.flatMap((file, index) => (index % 2 === 0 ? [`${file} ${files[index + 1]}`] : []));
  return [...lines, `split ${split}`].join('\n');
}
