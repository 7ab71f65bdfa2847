import { edgeState } from '../edge/edge.ts';
import { frontAmong } from '../edge/front.ts';
import { readTraffic, readUpstreamContainers } from '../edge/read-traffic.ts';
import type { ContainerDetails, ContainerSummary, Engine } from '../engine/engine.ts';
import { type AppEnvironment, LABEL, SLOTS, type Slot, slotNetwork } from '../model/app-environment.ts';
import { lastAcceptedRelease } from '../model/history.ts';
import type { HeldPort, ObservedContainer, ObservedRelease } from '../model/host.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { effectiveTraffic, isStopped } from '../plan/host-queries.ts';
import { endedServices } from '../release/ended-services.ts';
import type { Records } from '../release/records.ts';
import { hasOwnRole, isOneOff, releaseIdOn, serviceOf } from './compose-labels.ts';
import { composeProjectsOf } from './compose-projects.ts';
import { inspectAll } from './containers.ts';
import { requiredEdgeFingerprint } from './edge-actions.ts';
import type { HostObservation } from './host-context.ts';
import { intendedRestartPolicy } from './restart-policy.ts';
import { readState, recordsFromFiles } from './state-store.ts';

/** Reads the state of a host: its containers, the edge's files and the records. Two rounds of calls; changes nothing. */
export async function observeHost(engine: Engine, appEnvironment: AppEnvironment): Promise<HostObservation> {
  const { app, environment } = appEnvironment;
  const containers = await engine.listContainers([]);
  const own = containers.filter(
    ({ labels }) => labels[LABEL.app] === app && labels[LABEL.environment] === environment,
  );
  const workloads = own.filter((each) => !hasOwnRole(each, 'records', 'edge', 'probe') && !isOneOff(each));
  const [files, details, volumes] = await Promise.all([
    readState(engine, appEnvironment, own),
    inspectAll(engine, workloads),
    engine.listVolumes([]),
  ]);
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
