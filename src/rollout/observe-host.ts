import { isDeepStrictEqual } from 'node:util';
import { edgeState } from '../edge/edge.ts';
import { frontAmong } from '../edge/front.ts';
import { readTraffic, readUpstreamContainers } from '../edge/read-traffic.ts';
import type {
  ContainerDetails,
  ContainerSummary,
  Engine,
  NamedObject,
  NetworkSummary,
} from '../engine/engine.ts';
import { type AppEnvironment, LABEL, SLOTS, type Slot, slotNetwork } from '../model/app-environment.ts';
import { lastAcceptedRelease } from '../model/history.ts';
import type { HeldPort, ObservedContainer, ObservedRelease } from '../model/host.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import { effectiveTraffic, isStopped } from '../plan/host-queries.ts';
import { endedServices } from '../release/ended-services.ts';
import { needsSlotNetwork } from '../release/make-release.ts';
import { areUnreadable, type Records } from '../release/records.ts';
import { hasOwnRole, isOneOff, releaseIdOn, serviceOf } from './compose-labels.ts';
import { composeProjectsOf } from './compose-projects.ts';
import { ignoreNotFound, inspectAll } from './containers.ts';
import { requiredEdgeFingerprint } from './edge-actions.ts';
import type { HostObservation } from './host-context.ts';
import { lockName } from './lock-container.ts';
import { intendedRestartPolicy } from './restart-policy.ts';
import { readState, recordsFromFiles } from './state-store.ts';

/** What a look at a host has found, as the engine reported it. */
export interface HostLook {
  readonly observation: HostObservation;
  readonly containers: readonly ContainerSummary[];
  /** Of the containers of the app. */
  readonly details: readonly ContainerDetails[];
  readonly volumes: readonly NamedObject[];
  readonly networks: readonly NetworkSummary[];
  /** Whether this run had locked the host, so that no other run has changed it since. */
  readonly isLocked: boolean;
}

/** Reads the state of a host. Changes nothing. @throws ConfigurationError if a newer Sealift has written its records */
export const observeHost = async (engine: Engine, appEnvironment: AppEnvironment): Promise<HostObservation> =>
  (await lookAtHost(engine, appEnvironment)).observation;

/**
 * Reads the state of a host: its containers, networks and volumes, the edge's files and the records. Two rounds of calls; changes
 * nothing. If the run gets its lock with the first one, the containers are listed again with the second one, beside the others: if
 * none of the app has changed, everything was seen under the lock.
 * @param imageNames images to ask for
 * @param ownLock the container that is the lock of this run; `undefined` if it has none yet
 */
export async function lookAtHost(
  engine: Engine,
  appEnvironment: AppEnvironment,
  imageNames: readonly string[] = [],
  ownLock: string | undefined | Promise<string | undefined> = undefined,
): Promise<HostLook> {
  const [containers, lock] = await Promise.all([engine.listContainers([]), ownLock]);
  const own = containersOfApp(containers, appEnvironment);
  const [again, files, details, volumes, networks, images] = await Promise.all([
    lock === undefined ? containers : engine.listContainers([]),
    readState(engine, appEnvironment, own),
    inspectAll(engine, own.filter(isWorkload)),
    engine.listVolumes([]),
    engine.listNetworks([]),
    inspectImages(engine, imageNames),
  ]);
  // Only its own count: on a busy host those of others change all the time.
  if (!areSame(containersOfApp(again, appEnvironment), own, lock))
    return await lookAtHost(engine, appEnvironment, imageNames, lock);
  const found = { containers: again, details, volumes, networks, isLocked: lock !== undefined };
  return { ...found, observation: observationOf(engine, appEnvironment, files, images, found) };
}

/** @param known images that were asked for a moment ago */
async function inspectImages(
  engine: Engine,
  names: readonly string[],
  known: HostObservation['images'] = new Map(),
): Promise<HostObservation['images']> {
  const unknown = names.filter((name) => !known.has(name));
  const found = await Promise.all(
    unknown.map(async (name) => [name, await engine.inspectImage(name)] as const),
  );
  return new Map([...known, ...found]);
}

/**
 * Looks again a moment later, before which no other run of Sealift had locked the host: in one round, unless a container of the app
 * has changed. What other runs write, and the containers of others, are read anew.
 * @param imageNames images to ask for
 */
export async function lookAgain(
  engine: Engine,
  appEnvironment: AppEnvironment,
  before: HostLook,
  imageNames: readonly string[] = [],
  ownLock?: string,
): Promise<HostLook> {
  if (before.isLocked) {
    const images = await inspectImages(engine, imageNames, before.observation.images);
    return { ...before, observation: { ...before.observation, images } };
  }
  const known = containersOfApp(before.containers, appEnvironment);
  const [containers, files, images] = await Promise.all([
    engine.listContainers([]),
    readState(engine, appEnvironment, known).catch(ignoreNotFound),
    inspectImages(engine, imageNames, before.observation.images),
  ]);
  const own = containersOfRuns(containers, appEnvironment);
  if (files === undefined || !areSame(own, containersOfRuns(before.containers, appEnvironment), ownLock))
    return await lookAtHost(engine, appEnvironment, imageNames, ownLock);
  const found = { ...before, containers };
  return { ...found, observation: observationOf(engine, appEnvironment, files, images, found) };
}

/** What runs for the app change, and their lock, which has no label of the app. */
const containersOfRuns = (
  containers: readonly ContainerSummary[],
  appEnvironment: AppEnvironment,
): readonly ContainerSummary[] => [
  ...containersOfApp(containers, appEnvironment),
  ...containers.filter(({ name }) => name === lockName(appEnvironment)),
];

/** Whether two lists say the same, but for the lock of this run. That of another run is gone by now, and that run may have changed anything. */
const areSame = (
  one: readonly ContainerSummary[],
  other: readonly ContainerSummary[],
  ownLock: string | undefined,
): boolean => isDeepStrictEqual(comparable(one, ownLock), comparable(other, ownLock));

const comparable = (
  containers: readonly ContainerSummary[],
  ownLock: string | undefined,
): readonly ContainerSummary[] => containers.filter(({ id }) => id !== ownLock).map(inOrder);

/** The engine lists ports and volumes in any order. */
const inOrder = (container: ContainerSummary): ContainerSummary => ({
  ...container,
  ports: container.ports.toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other))),
  volumes: container.volumes.toSorted((one, other) => one.localeCompare(other)),
});

const containersOfApp = (
  containers: readonly ContainerSummary[],
  { app, environment }: AppEnvironment,
): readonly ContainerSummary[] =>
  containers.filter(({ labels }) => labels[LABEL.app] === app && labels[LABEL.environment] === environment);

const isWorkload = (container: ContainerSummary): boolean =>
  !hasOwnRole(container, 'records', 'edge', 'tcpEdge', 'probe') && !isOneOff(container);

function observationOf(
  engine: Engine,
  appEnvironment: AppEnvironment,
  files: ReadonlyMap<string, Buffer>,
  images: HostObservation['images'],
  { containers, details, volumes, networks }: Omit<HostLook, 'observation' | 'isLocked'>,
): HostObservation {
  const own = containersOfApp(containers, appEnvironment);
  const workloads = own.filter(isWorkload);
  const records = recordsFromFiles(engine, files);
  const accepted = lastAcceptedRelease(records.history);
  const edge = edgeState(own);
  const front = frontAmong(containers);
  const foreign = containers.filter((each) => !own.includes(each) && each !== front);
  const accessories = workloads.filter(({ labels }) => labels[LABEL.release] === undefined);
  return {
    records,
    containers: workloads,
    temporary: own.filter((each) => hasOwnRole(each, 'hook', 'trial', 'probe')),
    images,
    host: {
      host: engine.host,
      edge,
      frontRunning: front?.state === 'running',
      ...(foreign.some((each) => hasOwnRole(each, 'edge')) ? { hasOtherEdges: true as const } : {}),
      traffic: effectiveTraffic({ edge, traffic: readTraffic(files, appEnvironment, accepted), accepted }),
      routedContainers: readUpstreamContainers(files),
      accepted,
      releases: observedReleases(appEnvironment, details, records),
      accessories: details
        .filter(({ labels }) => labels[LABEL.release] === undefined)
        .map((each) => ({ ...observedContainer(each), networks: Object.keys(each.networks) })),
      history: records.history,
      ...(areUnreadable(files) ? { recordsUnreadable: true as const } : {}),
      heldPorts: [
        ...foreign.flatMap((each) => portsHeldBy(each, undefined)),
        ...accessories.flatMap((each) => portsHeldBy(each, serviceOf(each))),
      ],
      foreignContainers: foreign.map(({ name }) => name),
      composeProjects: composeProjectsOf(containers, volumes),
      volumeNames: volumes.map(({ name }) => name),
      networkNames: networks.map(({ name }) => name),
    },
  };
}

function observedContainer(details: ContainerDetails): ObservedContainer {
  const { name, state, exitCode, labels } = details;
  const health = details.health?.status;
  return {
    name,
    service: serviceOf(details) ?? name,
    state,
    health: health === 'none' ? undefined : health,
    ...(details.health?.unchecked ? { unchecked: true as const } : {}),
    exitCode: state === 'exited' || state === 'dead' ? exitCode : undefined,
    ...restartPolicyState(details),
    definitionFingerprint: labels[LABEL.definition],
  };
}

function restartPolicyState(details: ContainerDetails): Pick<ObservedContainer, 'restartPolicyState'> {
  if (intendedRestartPolicy(details) === undefined) return {};
  const disabled = details.restartPolicy === 'no';
  if (isStopped(details)) return { restartPolicyState: disabled ? 'disabled' : 'not-disabled' };
  return disabled ? { restartPolicyState: 'missing' } : {};
}

/** Every release that has a record or a container. */
function observedReleases(
  appEnvironment: AppEnvironment,
  details: readonly ContainerDetails[],
  { releases, history }: Records,
): readonly ObservedRelease[] {
  const ids = new Set([
    ...releases.map(({ id }) => id),
    ...details.flatMap((each) => releaseIdOn(each) ?? []),
  ]);
  return [...ids].map((id): ObservedRelease => {
    const containers = details.filter((each) => releaseIdOn(each) === id);
    const networks = containers.flatMap((each) => Object.keys(each.networks));
    const record = releases.find((each) => each.id === id);
    const ended = record === undefined ? [] : endedServices(record, history);
    return {
      id,
      containers: containers.map(observedContainer),
      slot: slotOf(appEnvironment, networks, record),
      record,
      ...(ended.length > 0 ? { ended } : {}),
      edgeFingerprint: record && requiredEdgeFingerprint(record),
    };
  });
}

/** `undefined`: on neither network, as with `network_mode`, or on both, as when a move was interrupted. */
function slotOf(
  appEnvironment: AppEnvironment,
  networks: readonly string[],
  record: Release | undefined,
): Slot | undefined {
  const slots = SLOTS.filter((slot) => networks.includes(slotNetwork(appEnvironment, slot)));
  // Without a network it is in either slot.
  if (slots.length === 0 && record !== undefined && !needsSlotNetwork(record)) return 'blue';
  return slots.length === 1 ? slots[0] : undefined;
}

function portsHeldBy(
  { name, ports }: ContainerSummary,
  accessory: ServiceName | undefined,
): readonly HeldPort[] {
  return ports.map(({ port, protocol, address }) => ({
    port,
    protocol,
    address,
    container: name,
    accessory,
  }));
}
