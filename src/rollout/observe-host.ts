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
import { effectiveTraffic, isStopped } from '../plan/host-queries.ts';
import { endedServices } from '../release/ended-services.ts';
import type { Records } from '../release/records.ts';
import { hasOwnRole, isOneOff, releaseIdOn, serviceOf } from './compose-labels.ts';
import { composeProjectsOf } from './compose-projects.ts';
import { ignoreNotFound, inspectAll } from './containers.ts';
import { requiredEdgeFingerprint } from './edge-actions.ts';
import type { HostObservation } from './host-context.ts';
import { lockName } from './host-lock.ts';
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
}

/** Reads the state of a host. Changes nothing. */
export const observeHost = async (engine: Engine, appEnvironment: AppEnvironment): Promise<HostObservation> =>
  (await lookAtHost(engine, appEnvironment)).observation;

/**
 * Reads the state of a host: its containers, networks and volumes, the edge's files and the records. Two rounds of calls; changes
 * nothing.
 */
export async function lookAtHost(engine: Engine, appEnvironment: AppEnvironment): Promise<HostLook> {
  const containers = await engine.listContainers([]);
  const own = containersOfApp(containers, appEnvironment);
  const [files, details, volumes, networks] = await Promise.all([
    readState(engine, appEnvironment, own),
    inspectAll(engine, own.filter(isWorkload)),
    engine.listVolumes([]),
    engine.listNetworks([]),
  ]);
  const found = { containers, details, volumes, networks };
  return { ...found, observation: observationOf(engine, appEnvironment, files, found) };
}

/**
 * Looks again a moment later, before which no other run of Sealift had locked the host: in one round, unless a container has changed.
 * What other runs write is read anew.
 */
export async function lookAgain(
  engine: Engine,
  appEnvironment: AppEnvironment,
  before: HostLook,
): Promise<HostLook> {
  const known = containersOfApp(before.containers, appEnvironment);
  const [containers, files] = await Promise.all([
    engine.listContainers([]),
    readState(engine, appEnvironment, known).catch(ignoreNotFound),
  ]);
  const lock = lockName(appEnvironment);
  // A lock of another run is in the list before, and not left out there.
  const others = containers.filter(({ name }) => name !== lock);
  const isSame = isDeepStrictEqual(others.map(inOrder), before.containers.map(inOrder));
  if (files === undefined || !isSame) return await lookAtHost(engine, appEnvironment);
  return { ...before, observation: observationOf(engine, appEnvironment, files, before) };
}

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
  !hasOwnRole(container, 'records', 'edge', 'probe') && !isOneOff(container);

function observationOf(
  engine: Engine,
  appEnvironment: AppEnvironment,
  files: ReadonlyMap<string, Buffer>,
  { containers, details, volumes, networks }: Omit<HostLook, 'observation'>,
): HostObservation {
  const own = containersOfApp(containers, appEnvironment);
  const workloads = own.filter(isWorkload);
  const records = recordsFromFiles(files);
  const accepted = lastAcceptedRelease(records.history);
  const edge = edgeState(own);
  const front = frontAmong(containers);
  const foreign = containers.filter((each) => !own.includes(each) && each !== front);
  const accessories = workloads.filter(({ labels }) => labels[LABEL.release] === undefined);
  return {
    records,
    host: {
      host: engine.host,
      edge,
      frontRunning: front?.state === 'running',
      traffic: effectiveTraffic({ edge, traffic: readTraffic(files, appEnvironment, accepted), accepted }),
      routedContainers: readUpstreamContainers(files),
      accepted,
      releases: observedReleases(appEnvironment, details, records),
      accessories: details
        .filter(({ labels }) => labels[LABEL.release] === undefined)
        .map((each) => ({ ...observedContainer(each), networks: Object.keys(each.networks) })),
      history: records.history,
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
      slot: commonSlot(appEnvironment, networks),
      record,
      ...(ended.length > 0 ? { ended } : {}),
      edgeFingerprint: record && requiredEdgeFingerprint(record),
    };
  });
}

/** `undefined`: on neither network, as with `network_mode`, or on both, as when a move was interrupted. */
function commonSlot(appEnvironment: AppEnvironment, networks: readonly string[]): Slot | undefined {
  const slots = SLOTS.filter((slot) => networks.includes(slotNetwork(appEnvironment, slot)));
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
