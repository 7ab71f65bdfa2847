import type { HostName } from '../model/host.ts';
import type { ReleaseId, ServiceName, Slot } from '../model/release.ts';
import type { CanaryLimits } from '../model/strategy.ts';

/** Only the first so many replicas of each service, in the order of their numbers; a service that is not named: none. */
export type ReplicaCounts = Readonly<Record<ServiceName, number>>;

/** Which replicas of its services an action means: all of them, where it says nothing. */
export interface ReplicaRange {
  readonly only?: ReplicaCounts;
  /** Of these, not the first so many: `only` 3 and `after` 2 is the third alone. */
  readonly after?: ReplicaCounts;
}

/** A release in its slot. */
export interface ReleaseInSlot {
  readonly release: ReleaseId;
  readonly slot: Slot;
}

/**
 * What can be done to one host. Plain data: the planner makes it, `report/` words it, `target/` carries it out. Every
 * action may be repeated: done twice it leaves the same state, so a run that died is mended by the next one.
 */
export type Action =
  /** Brings the images of a release onto the host and tags them, so that no pruning takes them. */
  | { readonly kind: 'pull-images'; readonly release: ReleaseId }
  /** Creates, starts or replaces the app's edge for the routes of a release. */
  | {
      readonly kind: 'ensure-edge';
      readonly change: 'create' | 'start' | 'replace';
      readonly release: ReleaseId;
      readonly reason: string;
      /** Nothing has traffic, whatever the files of a former edge say. */
      readonly resetTraffic?: true;
    }
  | { readonly kind: 'remove-edge' }
  /** Brings up the host's front for domains, where it is missing. */
  | { readonly kind: 'ensure-front'; readonly release: ReleaseId }
  /** Takes the front away again if no app has a domain on it. */
  | { readonly kind: 'remove-unused-front' }
  /** Makes exactly the domains of a release lead to this app; `undefined` = none. */
  | { readonly kind: 'route-domains'; readonly release: ReleaseId | undefined }
  /** Networks, volumes and accessories that are missing; what is there is left alone. */
  | {
      readonly kind: 'ensure-accessories';
      readonly release: ReleaseId;
      readonly services: readonly ServiceName[];
      /** Those that are made anew, because their definition has changed. */
      readonly recreate?: readonly ServiceName[];
    }
  /** Writes the release's record, so that what follows can be taken up by another run. */
  | { readonly kind: 'record-release'; readonly release: ReleaseId }
  | ({
      readonly kind: 'start-services';
      readonly release: ReleaseId;
      readonly slot: Slot;
      readonly services: readonly ServiceName[];
      readonly how: 'create' | 'start';
    } & ReplicaRange)
  /** Waits until the containers are healthy and proves that they run the release's digests. */
  | ({
      readonly kind: 'check-health';
      readonly release: ReleaseId;
      readonly services: readonly ServiceName[];
      /** How many replicas of a service may fail all the same. */
      readonly tolerate?: ReplicaCounts;
    } & ReplicaRange)
  /** Sends all requests to a release. */
  | ({ readonly kind: 'switch-traffic' } & ReleaseInSlot)
  /** Sends a share of the visitors to a release, and all others to another one; a visitor stays where he is. */
  | ({
      readonly kind: 'split-traffic';
      readonly share: number;
      readonly baseline: ReleaseInSlot;
    } & ReleaseInSlot)
  /**
   * Sends the requests of a release to what is left of it, without the `gone` first replicas, and a share of them to the first
   * replicas of another release beside: request by request, not visitor by visitor.
   */
  | ({
      readonly kind: 'balance-replicas';
      readonly removedReplicas: ReplicaCounts;
      readonly share: number;
      readonly newRelease: (ReleaseInSlot & { readonly only: ReplicaCounts }) | undefined;
    } & ReleaseInSlot)
  /**
   * Watches a release for a time: its containers, and what it answers beside what another release answers at the same
   * time, or answered before.
   */
  | ({
      readonly kind: 'watch-release';
      readonly purpose: 'delay' | 'monitor' | 'canary' | 'bake';
      readonly services: readonly ServiceName[];
      readonly only?: ReplicaCounts;
      readonly tolerate?: ReplicaCounts;
      /** Milliseconds. */
      readonly duration: number;
      readonly baseline: ReleaseInSlot | undefined;
      readonly limits: CanaryLimits | undefined;
    } & ReleaseInSlot)
  /**
   * Looks at a release for the last time before it is accepted: a moment after its last containers came up and the requests
   * were moved, what was found healthy must run still. The old release is drained meanwhile, as far as it gets in that moment.
   */
  | {
      readonly kind: 'final-check';
      readonly release: ReleaseId;
      readonly services: readonly ServiceName[];
      readonly tolerate?: ReplicaCounts;
      readonly drain: ReleaseInSlot | undefined;
    }
  /** Runs a command in a container of a release. */
  | ({
      readonly kind: 'run-hook';
      readonly when: 'before' | 'after';
      readonly service: ServiceName;
      readonly argv: readonly string[];
    } & ReleaseInSlot)
  /** Empties a slot, so that no traffic is meant for it. */
  | { readonly kind: 'clear-slot'; readonly slot: Slot }
  /** Waits until no request is in flight in a slot; with `only` or `after`, to these replicas. */
  | ({ readonly kind: 'drain-traffic' } & ReleaseInSlot & ReplicaRange)
  /** Stops containers and keeps them. With `evidence`, their last lines, exit codes and OOM flags are reported first. */
  | ({
      readonly kind: 'stop-services';
      readonly release: ReleaseId;
      readonly services: readonly ServiceName[];
      readonly evidence: boolean;
    } & ReplicaRange)
  | {
      readonly kind: 'accept-release';
      readonly release: ReleaseId;
      readonly previous: ReleaseId | undefined;
      readonly command: 'deploy' | 'rollback';
    }
  /** Notes that a try failed; `previous` is the release that is accepted all the same. */
  | {
      readonly kind: 'record-rollback';
      readonly release: ReleaseId;
      readonly previous: ReleaseId | undefined;
    }
  /** Removes releases beyond `keep`, their images and records; only what Sealift made. */
  | { readonly kind: 'prune-releases'; readonly releases: readonly ReleaseId[] };

export interface Step {
  readonly action: Action;
  /** Why, where it is not plain: shown in the plan. */
  readonly reason?: string;
  /** What takes this step back, in order; run when this or a later step fails. */
  readonly undo: readonly Action[];
}

/** A step, and what takes it back. */
export const step = (action: Action, ...undo: readonly Action[]): Step => ({ action, undo });

/** Steps, of which those that do this say why. */
export const withReason = (reason: string, kind: Action['kind'], steps: readonly Step[]): readonly Step[] =>
  steps.map((each) => (each.action.kind === kind ? { ...each, reason } : each));

/** The stages of a plan, in order. Hosts work side by side within one and wait for each other between two. */
export const STAGES = [
  'recover',
  'pull',
  'prepare',
  'before-release',
  'start',
  'check',
  'switch',
  'verify',
  'bake',
  'complete',
  'final-check',
  'accept',
  'retire',
  'after-release',
] as const;
export type StageName = (typeof STAGES)[number];

/** The steps of one host by stage; a stage without steps is left out. */
export type HostPlan = Partial<Record<StageName, readonly Step[]>>;

export interface Plan {
  readonly release: ReleaseId;
  readonly hosts: ReadonlyMap<HostName, HostPlan>;
  /** Hosts that move together, wave by wave, from `prepare` to `bake`; all other stages are passed by all hosts at once. */
  readonly waves: readonly (readonly HostName[])[];
}

/** The stages that a wave passes before the next one begins. */
export const WAVE_STAGES: readonly StageName[] = STAGES.slice(
  STAGES.indexOf('prepare'),
  STAGES.indexOf('bake') + 1,
);

/** After `accept` nothing is taken back: the release has proven itself; what fails then is a warning. */
export const COMMITTED_STAGES: ReadonlySet<StageName> = new Set(['retire', 'after-release']);
