import type { MetricsSample } from '../edge/metrics.ts';
import type { ContainerDetails, ContainerSummary, Engine, ImageDetails } from '../engine/engine.ts';
import { type AppEnvironment, SLOTS, slotNetwork } from '../model/app-environment.ts';
import type { Approval } from '../model/approval.ts';
import type { RolloutOptions } from '../model/deploy-options.ts';
import { SealiftError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import type { HostName, ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { Initiator } from '../model/initiator.ts';
import type { Log } from '../model/log.ts';
import type { ConfidentialValues, Release } from '../model/release.ts';
import type { RunProgram } from '../model/step-context.ts';
import type { Action } from '../plan/actions.ts';
import { liveRelease } from '../plan/host-queries.ts';
import type { HostImage, Interruption, Reachability, WatchResult } from '../plan/outcome.ts';
import { NO_RECORDS, type Records } from '../release/records.ts';
import type { RetryContext } from '../run/retry.ts';
import { isOneOff, releaseIdOn } from './compose-labels.ts';
import type { LayerLookup } from './disk-space.ts';
import type { FleetLock } from './fleet-lock.ts';
import type { ImageDelivery } from './image-delivery.ts';
import { KnownContainers } from './known-containers.ts';
import type { WaitStatus } from './wait-status.ts';

/** The state of a host, with the records as they were read, to continue them. */
export interface HostObservation {
  readonly host: ObservedHost;
  /** Those of the app's releases and its accessories, as they were listed. */
  readonly containers: readonly ContainerSummary[];
  /** Those that a run of the app has for a moment: of commands, trials and probes. */
  readonly temporary: readonly ContainerSummary[];
  /** Those that were asked for, by name; `undefined` for one that the host does not have. */
  readonly images: ReadonlyMap<string, ImageDetails | undefined>;
  readonly records: Records;
}

/** What the actions need that is the same on every host. */
export interface FleetContext {
  readonly appEnvironment: AppEnvironment;
  /** Contents of secrets and configs by release, as far as this run knows them. */
  readonly confidential: ReadonlyMap<ReleaseId, ConfidentialValues>;
  readonly settings: Pick<RolloutOptions, 'edgeImage' | 'tcpEdgeImage' | 'drainTimeout' | 'acme'>;
  /** Of this run, on all hosts. */
  readonly lock: Pick<FleetLock, 'assertHeld' | 'lost'>;
  readonly run: RunProgram;
  readonly log: Log;
  /** Environment for `docker`: PATH, HOME, DOCKER_CONFIG. */
  readonly environment: Readonly<Record<string, string>>;
  /** How pulls are repeated that may succeed later; the limit is for all hosts together. */
  readonly pullRetry: Pick<RetryContext, 'retryPolicy' | 'limit' | 'pause'>;
  /** Asks a registry for the layers of an image. */
  readonly lookUpLayers: LayerLookup;
  /** How images of releases come to hosts; left out: from their registries. */
  readonly images?: ImageDelivery;
  /** Whether a step of the plan compares what releases answer. */
  readonly comparesResponses: boolean;
  /** For the history. */
  readonly triggeredBy: Initiator;
  /** When the run began, in milliseconds since the epoch. For the history. */
  readonly runStartedAt: number;
  /** For the history. */
  readonly approval: Approval | undefined;
  /** All hosts of the release, for the history. */
  readonly fleetHosts: readonly HostName[];
}

/** What the actions on one host need. */
export interface HostContext extends FleetContext {
  readonly engine: Engine;
  /** The release to deploy and every release that has a record on the host. */
  readonly releases: ReadonlyMap<ReleaseId, Release>;
  /** The release to deploy. */
  readonly desired: ReleaseId;
  /** The release that served when the run began. */
  readonly live: ReleaseId | undefined;
  /** The job was cancelled and has few seconds left: containers get one second to stop. */
  readonly jobCancelled: boolean;
  /** Aborts waits and programs; never during a rollback. */
  readonly signal: AbortSignal;
  readonly runState: HostRunState;
  /** What the current step waits for. */
  readonly waitStatus: WaitStatus;
}

/** Containers of a release that were just found healthy. */
export interface CheckedContainers {
  readonly release: ReleaseId;
  readonly services: readonly ServiceName[];
  readonly containers: readonly ContainerDetails[];
  /** By `performance.now()`. */
  readonly at: number;
}

/** A drain that has begun with the switch. */
export interface BegunDrain {
  readonly release: ReleaseId;
  /** Of its containers, as they were known. */
  readonly addresses: readonly string[];
  /** Ends it. */
  readonly stop: AbortController;
  /** By `performance.now()`. */
  readonly since: number;
  /** What is left at its end. */
  readonly left: Promise<number>;
}

/** What a run learns about a host while it works. */
export interface HostRunState {
  /** As they were saved last. */
  records: Records;
  /** What watch actions have counted so far. */
  readonly watchResults: Map<Action, WatchResult>;
  /** Ends when the images of the release are tagged, and those that were pulled are looked at. The record waits for it. */
  keepsImages?: Promise<void>;
  /** What pull actions have found and pulled, as far as it is known. */
  readonly pullResults: Map<Action, readonly HostImage[]>;
  /** What the host calls images that it does not know by their digest. */
  readonly imageNames: Map<string, string>;
  /** When accessories did not answer because an action replaced them, by `performance.now()`. */
  readonly interruptions: Map<Action, Interruption>;
  /** Containers by id of a project that is taken over, as they were before it was stopped. */
  readonly stoppedContainers: Map<string, ContainerDetails>;
  readonly knownContainers: KnownContainers;
  /** Images by the name that was asked for; `undefined` for one that the host lacks. */
  readonly foundImages: Map<string, ImageDetails | undefined>;
  /** Whether the networks of both slots were there when the run began, and the edge was on them. */
  readonly edgeHasSlotNetworks?: boolean;
  /** Containers by id, as they were when they were first found healthy. */
  readonly healthyContainers: Map<string, ContainerDetails>;
  /** The containers of a release whose check ended last, all of them. */
  checked?: CheckedContainers | undefined;
  /** `<container>:<port>` that have answered the edge in this run. */
  readonly answeredPorts: Set<string>;
  /** The container of the running edge, as far as it is known; it may have been replaced since. */
  edge?: string | undefined;
  /** What visitors reached before the run changed anything. */
  reachedBefore?: Reachability | undefined;
  /** Ends when that is known. Never rejects. */
  recordsReachability?: Promise<void>;
  /** When a container was last found healthy or traffic was last moved, by `performance.now()`. */
  lastChangeAt?: number;
  /** The drain of the old release, if it has begun with the switch and nobody has asked for its result. */
  begunDrain?: BegunDrain | undefined;
  /** Releases that get no more requests and have none in flight. */
  readonly drainedReleases: Set<ReleaseId>;
  /** The edge's counters before the run changed anything. */
  countersAtStart?: MetricsSample | undefined;
  /** The edge's counters before replicas of two releases shared the requests; `unknown` if they could not be read. */
  countersBeforeBalancing?: MetricsSample | 'unknown';
}

/** The context of each host, from what was observed there. */
export function createHostContexts(
  engines: readonly Engine[],
  observations: readonly HostObservation[],
  release: Release,
  fleet: FleetContext,
  signal: AbortSignal,
): ReadonlyMap<HostName, HostContext> {
  return new Map(
    engines.map((engine) => {
      const observation = observations.find(({ host }) => host.host === engine.host);
      const records = observation?.records ?? NO_RECORDS;
      const releases = new Map([...records.releases, release].map((each) => [each.id, each]));
      const runState = {
        records,
        watchResults: new Map(),
        pullResults: new Map(),
        imageNames: new Map(),
        interruptions: new Map(),
        stoppedContainers: new Map(),
        knownContainers: knownContainersOf(observation),
        foundImages: new Map(observation?.images),
        healthyContainers: new Map(),
        edgeHasSlotNetworks: edgeHasSlotNetworks(observation, fleet.appEnvironment),
        answeredPorts: new Set<string>(),
        drainedReleases: new Set<ReleaseId>(),
        edge: observation?.host.edge.state === 'running' ? observation.host.edge.containerId : undefined,
      };
      const live = observation && liveRelease(observation.host)?.id;
      const desired = release.id;
      return [
        engine.host,
        { ...fleet, engine, releases, desired, live, jobCancelled: false, signal, runState, waitStatus: {} },
      ];
    }),
  );
}

const edgeHasSlotNetworks = (observation: HostObservation | undefined, app: AppEnvironment): boolean =>
  observation?.host.edge.state === 'running' &&
  SLOTS.every((slot) => observation.host.networkNames?.includes(slotNetwork(app, slot)) === true);

function knownContainersOf(observation: HostObservation | undefined): KnownContainers {
  if (observation === undefined) return new KnownContainers();
  const { containers } = observation;
  const found = new Map<ReleaseId, readonly ContainerSummary[]>();
  const workloads = containers.filter((container) => !isOneOff(container));
  for (const [id, own] of Map.groupBy(workloads, releaseIdOn)) if (id !== undefined) found.set(id, own);
  return new KnownContainers(found);
}

/** @throws SealiftError when neither this run nor the host's records know the release. */
export function releaseById({ releases, engine }: HostContext, id: ReleaseId): Release {
  const release = releases.get(id);
  if (release === undefined)
    throw new SealiftError(`${engine.host}: there is no record of release ${id}. Deploy again.`);
  return release;
}
