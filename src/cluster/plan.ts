import type { ReleaseId } from '../model/identifiers.ts';

/** What a deploy changes in a cluster, as plain data. */
export interface ClusterPlan {
  readonly release: ReleaseId;
  /** How traffic moves, for the report: `swarm`, `kubernetes, blue-green`. */
  readonly strategy: string;
  /** Empty: the release is live and whole. */
  readonly changes: readonly ClusterChange[];
}

export interface ClusterChange {
  /**
   * `update`: running containers may be replaced. `relabel`: nothing that runs is touched.
   */
  readonly kind: 'create' | 'update' | 'relabel' | 'repair' | 'remove';
  /** `service`, `network`, `secret`, … */
  readonly what: string;
  readonly name: string;
  /** What is different, a line each. Contents of secrets and values of variables are never in it. */
  readonly differences: readonly string[];
}

/** Of a release that runs as a whole already, but that no run has accepted: one that was killed has left it so. */
export const acceptanceOnly = (release: ReleaseId): ClusterChange => ({
  ...{ kind: 'relabel', what: 'release', name: release },
  differences: ['no run has accepted it yet'],
});

const VERBS: Readonly<Record<ClusterChange['kind'], string>> = {
  create: 'create',
  update: 'update',
  relabel: 'leave running',
  repair: 'repair',
  remove: 'remove',
};

/** `update service web: image, environment.DEBUG` */
export function changeText({ kind, what, name, differences }: ClusterChange): string {
  const list = differences.length === 0 ? '' : `: ${differences.join(', ')}`;
  return `${VERBS[kind]} ${what} ${name}${list}`;
}
