import type { Cluster, ClusterMove, ClusterObservation } from '../../src/cluster/cluster.ts';
import type { ClusterLockPlace, HeldClusterLock } from '../../src/cluster/cluster-lock.ts';
import { type ClusterRecords, clusterRecords, documentText } from '../../src/cluster/records.ts';
import type { ClusterRelease } from '../../src/model/cluster-release.ts';
import type { HistoryEntry } from '../../src/model/history.ts';
import type { Initiator } from '../../src/model/initiator.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { parsePinnedImage } from '../support/pinned.ts';

/** A release whose definition is the names of its workloads. */
export type Names = readonly string[];

export function clusterRelease(id: string, definition: Names = ['web']): ClusterRelease<Names> {
  return {
    ...{ id: releaseId(id), app: 'shop', environment: 'production', definition },
    services: Object.fromEntries(
      definition.map((name) => [
        name,
        { name, image: parsePinnedImage(`shop@sha256:${'a'.repeat(64)}`), reference: undefined },
      ]),
    ),
    health: { timeout: 1 },
    origin: {
      ...{ revision: undefined, ref: undefined, actor: undefined, runUrl: undefined, repository: undefined },
      ...{ tags: [], createdAt: '2026-01-01T00:00:00Z' },
    },
  };
}

export const entry = (
  release: string,
  event: HistoryEntry['event'] = 'accepted',
  previous?: string,
): HistoryEntry => ({
  ...{ at: '2026-01-01T00:00:00Z', event, command: 'deploy', release: releaseId(release) },
  ...{ previous: previous === undefined ? undefined : releaseId(previous), actor: 'mona', runUrl: undefined },
});

/** Records in which these releases were accepted, one after the other. */
export const recordsOf = (...releases: readonly ClusterRelease<Names>[]): ClusterRecords<Names> =>
  clusterRecords(
    releases.map((release, index) =>
      documentText({
        sequence: index + 1,
        release,
        history: releases.slice(0, index + 1).map(({ id }) => entry(id)),
      }),
    ),
  );

/** The one lock of an app, in memory. Its runs are dead when a test says so. */
export class MemoryLockPlace implements ClusterLockPlace {
  readonly host = hostName('ssh://manager');
  readonly name = 'config shop';
  readonly expiry = 60_000;
  /** Of the run that has it. */
  id: string | undefined;
  owner: Initiator = { actor: undefined, runUrl: undefined };
  isExpired = false;
  isOverdue = false;
  isReached: boolean = true;
  #count = 0;

  async create(owner: Initiator): Promise<string | undefined> {
    if (this.id !== undefined) return undefined;
    this.#count += 1;
    this.owner = owner;
    this.isExpired = false;
    this.id = `lock ${this.#count}`;
    return this.id;
  }

  async read(): Promise<HeldClusterLock | undefined> {
    const { id, owner, isExpired, isOverdue } = this;
    return id === undefined
      ? undefined
      : { id, owner, isExpired, isOverdue, version: '1', since: '2026-01-01T00:00:00Z' };
  }

  async renew(id: string): Promise<boolean> {
    if (!this.isReached) throw new Error('not reached');
    return this.id === id;
  }

  async remove(id: string): Promise<void> {
    if (this.id === id) this.id = undefined;
  }

  async removeExpired({ id }: HeldClusterLock): Promise<void> {
    await this.remove(id);
  }
}

/** What a cluster was told, and what it does not do. */
export interface ToldCluster extends Cluster<Names> {
  readonly told: readonly string[];
}

/** A cluster that remembers what it is told, and fails at some of that. */
export function memoryCluster(
  failing: readonly string[] = [],
  moves: readonly ClusterMove['stage'][] = [],
): ToldCluster {
  const told: string[] = [];
  const tell = async <Result>(what: string, result: Result): Promise<Result> => {
    told.push(what);
    if (failing.includes(what)) throw new Error(`${what} failed`);
    return result;
  };
  return {
    told,
    ...{ host: hostName('ssh://manager'), keepsReleases: true, lockPlace: new MemoryLockPlace() },
    words: {
      remains: 'Volumes remain.',
      look: 'memory ps',
      rollbackHint: { keeps: 'record', inputs: ['memory'] },
    },
    observe: () =>
      tell<ClusterObservation<Names>>('observe', { records: clusterRecords([]), workloads: [], missing: [] }),
    plan: async ({ id }) => ({ release: id, strategy: 'memory', changes: [] }),
    prepare: ({ id }) => tell(`prepare ${id}`, 'nothing is missing'),
    runHook: (_, { argv, when }) => tell(`${when} ${argv.join(' ')}`, 'exit code 0'),
    apply: ({ id }) => tell(`apply ${id}`, undefined),
    converge: ({ id }) => tell(`converge ${id}`, 'web 1 of 1'),
    moves: ({ id }) =>
      moves.map((stage) => ({ stage, text: stage, run: () => tell(`${stage} ${id}`, 'done') })),
    evidence: async () => [],
    removeOthers: (release) => tell(`remove others than ${release?.id ?? 'none'}`, []),
    removal: async () => ({ live: undefined, steps: [], kept: undefined }),
    record: ({ release, history }) => tell(`record ${history.at(-1)?.event} ${release.id}`, undefined),
    prune: (_, kept) => tell(`keep ${[...kept].join(' ') || 'none'}`, ''),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
