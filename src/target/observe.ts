import { edgeState } from '../edge/edge.ts';
import { FRONT_CONTAINER } from '../edge/front.ts';
import type { AppName } from '../edge/layout.ts';
import { readAsked, readTraffic } from '../edge/read-traffic.ts';
import type { ContainerDetails, ContainerSummary, Engine } from '../engine/engine.ts';
import { acceptedRelease } from '../model/history.ts';
import type { ObservedContainer, ObservedHost, ObservedRelease } from '../model/host.ts';
import { LABEL, type Release } from '../model/release.ts';
import { trafficIn } from '../plan/situation.ts';
import type { Records } from '../release/records.ts';
import { inspectAll } from './inspect.ts';
import { readState, recordsIn } from './keeper.ts';
import { isOneOff, numberOf, serviceOf } from './labels.ts';
import { policyOf } from './restart.ts';
import { commonSlot, isStopped } from './slots.ts';
import { edgeOf } from './traffic.ts';

/** What a host is found to be, with the records as they were read, for writing them on. */
export interface Observation {
  readonly host: ObservedHost;
  readonly records: Records;
}

/** Looks at one host: its containers, the edge's files and the records. Two rounds of calls; changes nothing. */
export async function observeHost(engine: Engine, of: AppName): Promise<Observation> {
  const containers = await engine.listContainers([]);
  const own = containers.filter(
    (each) => each.labels[LABEL.app] === of.app && each.labels[LABEL.environment] === of.environment,
  );
  const workloads = own.filter(
    (each) => each.labels[LABEL.role] !== 'records' && each.labels[LABEL.role] !== 'edge' && !isOneOff(each),
  );
  const [files, details] = await Promise.all([readState(engine, of, own), inspectAll(engine, workloads)]);
  const records = recordsIn(files);
  const accepted = acceptedRelease(records.history);
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
      front: front?.state === 'running',
      traffic: trafficIn({ edge, traffic: readTraffic(files, of, accepted), accepted }),
      asked: readAsked(files),
      accepted,
      releases: releases(of, observed, records.releases),
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
    number: numberOf(details),
    state: details.state,
    health: status === 'none' ? undefined : status,
    exitCode: details.state === 'exited' || details.state === 'dead' ? details.exitCode : undefined,
    startedAt: details.startedAt.startsWith('0001') ? undefined : details.startedAt,
    ...restartsOf(details),
    imageId: details.imageId,
    definition: details.labels[LABEL.definition],
  };
}

function restartsOf(details: ContainerDetails): Pick<ObservedContainer, 'restarts'> {
  if (policyOf(details) === undefined) return {};
  const off = details.restartPolicy === 'no';
  if (isStopped(details)) return { restarts: off ? 'off' : 'left' };
  return off ? { restarts: 'lacking' } : {};
}

interface Found {
  readonly labels: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly container: ObservedContainer;
}

function releases(
  of: AppName,
  observed: readonly Found[],
  records: readonly Release[],
): readonly ObservedRelease[] {
  const ids = new Set(records.map((record) => record.id));
  for (const { labels } of observed)
    if (labels[LABEL.release] !== undefined) ids.add(labels[LABEL.release] ?? '');
  return [...ids].map((id) => {
    const mine = observed.filter(({ labels }) => labels[LABEL.release] === id);
    const record = records.find((each) => each.id === id);
    return {
      id,
      containers: mine.map(({ container }) => container),
      slot: commonSlot(
        of,
        mine.map(({ networks }) => networks),
      ),
      record,
      edge: record && edgeOf(record),
    };
  });
}

function foreignPorts(containers: readonly ContainerSummary[]): ReadonlyMap<number, string> {
  const held = containers.flatMap((container) =>
    container.ports
      .filter((port) => port.protocol === 'tcp')
      .map((port) => [port.port, container.name] as const),
  );
  return new Map(held);
}
