import type { Slot } from '../model/app-environment.ts';
import { formatCommand } from '../model/command-line.ts';
import { formatDuration } from '../model/duration.ts';
import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import { formatPercent } from '../model/percent.ts';
import type { CanaryLimits } from '../model/strategy.ts';
import { joinWithAnd } from '../model/text.ts';
import { type NeededPort, portText } from './needed-ports.ts';
import { type ReplicaCounts, type ReplicaRange, replicaRangeText, replicasText } from './replica-counts.ts';

/** A release and the slot that it runs in. */
export interface ReleaseInSlot {
  readonly release: ReleaseId;
  readonly slot: Slot;
}

interface StoppedProject {
  /** Nothing of the project runs, but a container has a name that an accessory of the release needs. */
  readonly onlyNames?: true;
}

/** What each kind of action needs to know. */
interface ActionFields {
  /** Pulls the images of a release and tags them, so that no prune removes them. */
  'pull-images': { readonly release: ReleaseId };
  /** Creates, starts or replaces the app's edge for the routes of a release. */
  'ensure-edge': {
    /** `open`: replaces a closed one. */
    readonly change: 'create' | 'start' | 'replace' | 'open';
    readonly release: ReleaseId;
    readonly reason: string;
    /** Nobody reaches it yet: it has no ports, domains and upstreams. */
    readonly closed?: true;
    /** No release has traffic, whatever the files of a former edge say. */
    readonly resetTraffic?: true;
  };
  'remove-edge': { readonly reason?: string };
  /** Publishes ports of the host for a moment, to find out whether a program has one. */
  'try-ports': { readonly release: ReleaseId; readonly ports: readonly NeededPort[] };
  /** Starts the host's front for domains if it does not run. */
  'ensure-front': { readonly release: ReleaseId };
  /** Removes the front if no app on the host has a domain. */
  'remove-unused-front': unknown;
  /** Routes exactly the domains of a release to this app; `undefined`: none. */
  'route-domains': { readonly release: ReleaseId | undefined };
  /**
   * Stops a Compose project that Sealift did not make, as far as the release has its services, to take over its volumes and the
   * names that accessories need.
   */
  'stop-project': { readonly project: string; readonly release: ReleaseId } & StoppedProject;
  /** Starts it again with the names that it had, after the accessories that this deploy has created were removed. */
  'start-project': { readonly project: string } & StoppedProject;
  /** Creates networks, volumes and accessories that are missing; those that exist are left alone. */
  'ensure-accessories': {
    readonly release: ReleaseId;
    readonly services: readonly ServiceName[];
    /** Accessories to recreate, because their definition has changed. */
    readonly recreate?: readonly ServiceName[];
  };
  /** Starts proxies of the Compose file once, without ports, beside those that run and are to be replaced. */
  'try-proxies': { readonly release: ReleaseId; readonly services: readonly ServiceName[] };
  /** Writes the release's record, so that a later run can continue from here. */
  'record-release': { readonly release: ReleaseId };
  /** Starts services: creates their containers, or starts those that exist. */
  'start-services': {
    readonly services: readonly ServiceName[];
    readonly how: 'create' | 'start';
  } & ReleaseInSlot &
    ReplicaRange;
  /** Waits until the containers are healthy and verifies that they run the release's digests. */
  'check-health': {
    readonly release: ReleaseId;
    readonly services: readonly ServiceName[];
    /** How many replicas of a service may fail. */
    readonly tolerate?: ReplicaCounts;
  } & ReplicaRange;
  /** Sends all requests to a release. */
  'switch-traffic': ReleaseInSlot;
  /** Sends a share of the visitors to a release and all others to the baseline. A visitor stays on one release. */
  'split-traffic': { readonly share: number; readonly baseline: ReleaseInSlot } & ReleaseInSlot;
  /**
   * Sends the requests of a release to its replicas without the first `removedReplicas`, and a share of them to the first
   * replicas of another release: request by request, not visitor by visitor.
   */
  'balance-replicas': {
    readonly removedReplicas: ReplicaCounts;
    readonly share: number;
    readonly newRelease: (ReleaseInSlot & { readonly only: ReplicaCounts }) | undefined;
  } & ReleaseInSlot;
  /** Watches a release for a time: its containers, and its answers compared with those of a baseline. */
  'watch-release': {
    readonly purpose: 'delay' | 'monitor' | 'canary' | 'bake';
    readonly services: readonly ServiceName[];
    readonly only?: ReplicaCounts;
    readonly tolerate?: ReplicaCounts;
    /** Milliseconds. */
    readonly duration: number;
    readonly baseline: ReleaseInSlot | undefined;
    readonly limits: CanaryLimits | undefined;
  } & ReleaseInSlot;
  /**
   * The last check before a release is accepted: a second after the last change, everything that was healthy must still run.
   * The old release drains in that time, as far as it gets.
   */
  'final-check': {
    readonly release: ReleaseId;
    readonly services: readonly ServiceName[];
    readonly tolerate?: ReplicaCounts;
    readonly drain: ReleaseInSlot | undefined;
  };
  /** Runs a command in a new container of a release. */
  'run-hook': {
    readonly when: 'before' | 'after';
    readonly service: ServiceName;
    readonly argv: readonly string[];
  } & ReleaseInSlot;
  /** Removes the upstreams of a slot, so that no request goes there. */
  'clear-slot': { readonly slot: Slot };
  /** Waits until no request is in flight to a release, or to a range of its replicas. */
  'drain-traffic': ReleaseInSlot & ReplicaRange;
  /** Stops containers and keeps them. */
  'stop-services': {
    readonly release: ReleaseId;
    readonly services: readonly ServiceName[];
  } & ReplicaRange;
  /** Records that the release passed every check. */
  'accept-release': {
    readonly release: ReleaseId;
    readonly previous: ReleaseId | undefined;
    readonly command: 'deploy' | 'rollback';
  };
  /** Records that the release was rolled back; `previous` stays accepted. Without `command`, it was not this run that failed. */
  'record-rollback': {
    readonly release: ReleaseId;
    readonly previous: ReleaseId | undefined;
    readonly command?: 'deploy' | 'rollback';
  };
  /** Removes releases beyond `keep` with their images and records; only what Sealift created. */
  'prune-releases': { readonly releases: readonly ReleaseId[] };
}

export type ActionKind = keyof ActionFields;

/**
 * What can be done to one host, as plain data: the planner makes it, `rollout/` performs it. Every action can be repeated:
 * done twice it leaves the same state, so the next run can repair what a killed run left.
 */
export type Action<Kind extends ActionKind = ActionKind> = {
  readonly [Each in Kind]: { readonly kind: Each } & ActionFields[Each];
}[Kind];

/** What the executor and the report need to know of a kind of action. */
interface ActionTraits<Kind extends ActionKind> {
  /** It only waits or looks, so it is aborted at once when another host fails. All others get a few seconds to finish. */
  readonly waits?: true;
  /** It changes which release, or which replicas, get requests. */
  readonly movesTraffic?: true;
  /** If it fails during recovery, nobody knows which release serves. */
  readonly decidesLive?: true;
  /** If it fails during a rollback, the same release serves as if it had succeeded. */
  readonly cleansUp?: true;
  /** Nobody who uses the app can notice it. */
  readonly invisibleToUsers?: true;
  /** Whether it takes so long that the log says when it starts. */
  readonly isLong?: (action: Action<Kind>) => boolean;
  /** Whether `docker compose` does it, on the runner. */
  readonly usesCompose?: (action: Action<Kind>) => boolean;
  /** For the plan, the log and the summary: `start web and worker of 1a2b3c4d in green`. */
  readonly text: (action: Action<Kind>) => string;
}

/** Milliseconds; a shorter watch is logged when it ends. */
const LONG_WATCH = 10_000;

/** Everything that differs between the kinds. A new kind needs a row here and a case in `performAction`. */
const ACTIONS: { readonly [Kind in ActionKind]: ActionTraits<Kind> } = {
  'pull-images': {
    waits: true,
    invisibleToUsers: true,
    text: ({ release }) => `pull the images of ${release}`,
  },
  'ensure-edge': { text: ({ change, reason }) => `${change} the edge (${reason})` },
  'remove-edge': {
    cleansUp: true,
    text: ({ reason }) => `remove the edge${reason === undefined ? '' : ` (${reason})`}`,
  },
  'try-ports': {
    waits: true,
    invisibleToUsers: true,
    text: ({ ports }) =>
      `find out whether ${ports.length === 1 ? 'port' : 'ports'} ${joinWithAnd(ports.map(portText))} ${ports.length === 1 ? 'is' : 'are'} free`,
  },
  'ensure-front': { text: () => 'start the front for domains' },
  'remove-unused-front': { cleansUp: true, text: () => 'remove the front if no domain uses it' },
  'route-domains': {
    text: ({ release }) =>
      release === undefined ? 'stop routing the domains' : `route the domains of ${release}`,
  },
  'stop-project': {
    text: ({ project, onlyNames }) =>
      onlyNames
        ? `take over the container names of the stopped project ${project}`
        : `stop the project ${project}, to take over its volumes`,
  },
  'start-project': {
    text: ({ project, onlyNames }) =>
      onlyNames
        ? `give the stopped project ${project} its container names back`
        : `start the project ${project} again`,
  },
  'ensure-accessories': {
    usesCompose: ({ services }) => services.length > 0,
    text: ({ services, recreate }) => {
      if (services.length === 0) return 'create networks and volumes';
      const noun = services.length === 1 ? 'accessory' : 'accessories';
      return `${recreate === undefined ? 'start' : 'recreate'} the ${noun} ${joinWithAnd(services)}`;
    },
  },
  'try-proxies': {
    waits: true,
    invisibleToUsers: true,
    usesCompose: () => true,
    text: ({ services }) => `try the new ${joinWithAnd(services)} beside the one that runs, without ports`,
  },
  'record-release': { text: ({ release }) => `record ${release}` },
  'start-services': {
    usesCompose: ({ how }) => how === 'create',
    text: (action) =>
      `start ${replicasText(action)} of ${action.release} in ${action.slot}${action.how === 'start' ? ' (existing containers)' : ''}`,
  },
  'check-health': { waits: true, text: (action) => `check ${replicasText(action)} of ${action.release}` },
  'switch-traffic': {
    movesTraffic: true,
    decidesLive: true,
    text: ({ release }) => `switch traffic to ${release}`,
  },
  'split-traffic': {
    movesTraffic: true,
    text: ({ share, release }) => `send ${formatPercent(share)} of the visitors to ${release}`,
  },
  'balance-replicas': {
    movesTraffic: true,
    decidesLive: true,
    text: ({ release, share, newRelease }) =>
      newRelease === undefined
        ? `send traffic to the remaining replicas of ${release}`
        : `send ${formatPercent(share)} of the traffic to ${replicaRangeText(newRelease.only)} of ${newRelease.release}`,
  },
  'watch-release': {
    waits: true,
    isLong: ({ duration }) => duration >= LONG_WATCH,
    text: ({ purpose, release, duration }) =>
      purpose === 'delay'
        ? `wait ${formatDuration(duration)} before the next batch of ${release}`
        : `${purpose === 'canary' ? 'judge' : 'watch'} ${release} for ${formatDuration(duration)}`,
  },
  'final-check': {
    waits: true,
    text: ({ release, drain }) =>
      `final check of ${release}${drain === undefined ? '' : ` while ${drain.release} drains`}`,
  },
  'run-hook': {
    isLong: () => true,
    usesCompose: () => true,
    text: ({ argv, service, release }) => `run ${formatCommand(argv)} in ${service} of ${release}`,
  },
  'clear-slot': { decidesLive: true, text: ({ slot }) => `clear the ${slot} slot` },
  'drain-traffic': {
    waits: true,
    cleansUp: true,
    text: ({ only, after, release }) =>
      `drain ${only === undefined ? '' : `${replicaRangeText(only, after)} of `}${release}`,
  },
  'stop-services': {
    cleansUp: true,
    text: (action) => `stop ${replicasText(action)} of ${action.release}`,
  },
  'accept-release': { decidesLive: true, text: ({ release }) => `accept ${release}` },
  'record-rollback': {
    decidesLive: true,
    cleansUp: true,
    text: ({ release }) => `record that ${release} was rolled back`,
  },
  'prune-releases': { invisibleToUsers: true, text: ({ releases }) => `prune ${joinWithAnd(releases)}` },
};

/** The traits of an action's kind. Pure. */
export const traitsOf = <Kind extends ActionKind>(action: Action<Kind>): ActionTraits<Kind> =>
  ACTIONS[action.kind];

/** An action as a person reads it. Pure. */
export const actionText = <Kind extends ActionKind>(action: Action<Kind>): string =>
  ACTIONS[action.kind].text(action);

/** Whether the log says when an action starts, not only when it ends. Pure. */
export const isLongAction = <Kind extends ActionKind>(action: Action<Kind>): boolean =>
  ACTIONS[action.kind].isLong?.(action) ?? false;

/** Whether the runner needs `docker compose` for an action. Pure. */
export const usesCompose = <Kind extends ActionKind>(action: Action<Kind>): boolean =>
  ACTIONS[action.kind].usesCompose?.(action) ?? false;
