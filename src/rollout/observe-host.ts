import { edgeState } from '../edge/edge.ts';
import { FRONT_CONTAINER } from '../edge/front.ts';
import { readTraffic, readUpstreamContainers } from '../edge/read-traffic.ts';
import type { ContainerDetails, ContainerSummary, Engine } from '../engine/engine.ts';
import { lastAcceptedRelease } from '../model/history.ts';
import type { ObservedContainer, ObservedHost, ObservedRelease } from '../model/host.ts';
import { type AppEnvironment, LABEL, type Release } from '../model/release.ts';
import { effectiveTraffic } from '../plan/host-queries.ts';
import type { Records } from '../release/records.ts';
import { isOneOff, replicaNumberOf, serviceOf } from './compose-labels.ts';
import { requiredEdgeFingerprint } from './edge-actions.ts';
import { inspectAll } from './inspect.ts';
import { intendedRestartPolicy } from './restart-policy.ts';
import { commonSlot, isStopped } from './slots.ts';
import { readState, recordsFromFiles } from './state-store.ts';

/** What a host is found to be, with the records as they were read, for writing them on. */
export interface HostObservation {
  readonly host: ObservedHost;
  readonly records: Records;
}

/** Looks at one host: its containers, the edge's files and the records. Two rounds of calls; changes nothing. */
export async function observeHost(engine: Engine, appEnvironment: AppEnvironment): Promise<HostObservation> {
  const containers = await engine.listContainers([]);
  const own = containers.filter(
    (each) =>
      each.labels[LABEL.app] === appEnvironment.app &&
      each.labels[LABEL.environment] === appEnvironment.environment,
  );
  const workloads = own.filter(
    (each) => each.labels[LABEL.role] !== 'records' && each.labels[LABEL.role] !== 'edge' && !isOneOff(each),
  );
  const [files, details] = await Promise.all([
    readState(engine, appEnvironment, own),
    inspectAll(engine, workloads),
  ]);
  const records = recordsFromFiles(files);
  const accepted = lastAcceptedRelease(records.history);
  const observed = details.map((detail) => ({
    labels: detail.labels,
    networks: Object.keys(detail.networks),
    container: observedContainer(detail),
  }));
  const edge = edgeState(own);
  const front = containers.find((each) => each.name === FRONT_CONTAINER);
  return {
    records,
    host: {
      host: engine.host,
      edge,
      frontRunning: front?.state === 'running',
      traffic: effectiveTraffic({ edge, traffic: readTraffic(files, appEnvironment, accepted), accepted }),
      routedContainers: readUpstreamContainers(files),
      accepted,
      releases: observedReleases(appEnvironment, observed, records.releases),
      accessories: observed
        .filter(({ labels }) => labels[LABEL.release] === undefined)
        .map(({ container }) => container),
      history: records.history,
      foreignPorts: foreignPorts(containers.filter((each) => !own.includes(each) && each !== front)),
    },
  };
}

function observedContainer(details: ContainerDetails): ObservedContainer {
  const status = details.health?.status;
  return {
    id: details.id,
    name: details.name,
    service: serviceOf(details) ?? details.name,
    number: replicaNumberOf(details),
    state: details.state,
    health: status === 'none' ? undefined : status,
    exitCode: details.state === 'exited' || details.state === 'dead' ? details.exitCode : undefined,
    startedAt: details.startedAt.startsWith('0001') ? undefined : details.startedAt,
    ...restartPolicyState(details),
    imageId: details.imageId,
    definitionFingerprint: details.labels[LABEL.definition],
  };
}

function restartPolicyState(details: ContainerDetails): Pick<ObservedContainer, 'restartPolicyState'> {
  if (intendedRestartPolicy(details) === undefined) return {};
  const off = details.restartPolicy === 'no';
  if (isStopped(details)) return { restartPolicyState: off ? 'disabled' : 'not-disabled' };
  return off ? { restartPolicyState: 'missing' } : {};
}

interface FoundContainer {
  readonly labels: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly container: ObservedContainer;
}

function observedReleases(
  appEnvironment: AppEnvironment,
  observed: readonly FoundContainer[],
  records: readonly Release[],
): readonly ObservedRelease[] {
  const ids = new Set(records.map((record) => record.id));
  for (const { labels } of observed)
    if (labels[LABEL.release] !== undefined) ids.add(labels[LABEL.release] ?? '');
  return [...ids].map((id): ObservedRelease => {
    const releaseContainers = observed.filter(({ labels }) => labels[LABEL.release] === id);
    const record = records.find((each) => each.id === id);
    return {
      id,
      containers: releaseContainers.map(({ container }) => container),
      slot: commonSlot(
        appEnvironment,
        releaseContainers.map(({ networks }) => networks),
      ),
      record,
      edgeFingerprint: record && requiredEdgeFingerprint(record),
    };
  });
}

function foreignPorts(containers: readonly ContainerSummary[]): ReadonlyMap<number, string> {
  const taken = containers.flatMap((container) =>
    container.ports
      .filter((port) => port.protocol === 'tcp')
      .map((port) => [port.port, container.name] as const),
  );
  return new Map(taken);
}
