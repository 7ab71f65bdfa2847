import { observeEdge, runningEdgeId } from '../edge/edge.ts';
import { startProbeContainer } from '../edge/probe-container.ts';
import { type PortTarget, probePorts } from '../edge/probe-port.ts';
import { LOCAL_IDENTITY } from '../edge/probe-server.ts';
import type { ContainerDetails } from '../engine/engine.ts';
import { SLOTS, slotNetwork } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import { selfPublishedPorts } from '../release/compose/self-published.ts';
import { allOrThrow } from '../run/promises.ts';
import { serviceOf } from './compose-labels.ts';
import { inspectAll, listReplicas } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { noAnswerText, noPortAnswerText } from './no-answer-text.ts';
import type { CheckedReplicas } from './replica-selection.ts';

/**
 * Whether visitors reach the services that publish their ports themselves: exclusive ones, and all of `edge: none`. Each port is asked over the network of its container, never at its loopback.
 */

interface AskedPort extends PortTarget {
  readonly service: ServiceName;
  readonly port: number;
}

/** A network, the containers on it that are asked, and their ports. */
interface Asked {
  readonly network: string;
  readonly ports: readonly AskedPort[];
}

/**
 * Waits at most `health-timeout` until every published TCP port of the exclusive services has answered in its own protocol.
 * @param containers the replicas as they are now
 * @throws HostError naming the service, the port and what was seen, when more replicas are silent than are tolerated
 */
export async function requirePublishedAnswers(
  context: HostContext,
  replicas: CheckedReplicas,
  containers: readonly ContainerDetails[],
): Promise<void> {
  const release = releaseById(context, replicas.release);
  const silent = await silentPorts(context, release, containers, release.health.timeout, context.signal);
  for (const { port, failure } of silent) {
    const count = silent.filter((each) => each.port.service === port.service).length;
    if (count > (replicas.tolerate?.[port.service] ?? 0))
      throw new HostError(context.engine.host, silentPortText(release, { port, failure }));
  }
}

interface SilentPort {
  readonly port: AskedPort;
  readonly failure: string;
}

function silentPortText(release: Release, { port, failure }: SilentPort): string {
  const { service, protocol } = port;
  return protocol === 'http'
    ? noAnswerText(service, port.port, askedPath(release), failure)
    : noPortAnswerText(service, port.port, protocol, failure);
}

const askedPath = ({ health }: Release): string => health.path ?? '/';

/**
 * What visitors miss of the services that publish their ports themselves: those that do not run, and ports that are silent. What
 * answers something else than expected serves somebody.
 * @param timeout milliseconds; 0 asks once
 */
export async function publishedProblems(
  context: HostContext,
  release: Release,
  timeout: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const services = Object.keys(release.services).filter(
    (name) => selfPublishedPorts(release, name).length > 0,
  );
  const containers = await listReplicas(context, { release: release.id, services });
  const running = await inspectAll(
    context.engine,
    containers.filter(({ state }) => state === 'running'),
  );
  const dead = services.filter((name) => !running.some((each) => serviceOf(each) === name));
  const silent = await silentPorts(context, release, running, timeout, signal);
  return [
    ...dead.map((name) => `${name} does not run`),
    ...silent
      .filter(({ failure }) => !failure.startsWith('what it answers is'))
      .map(({ port, failure }) => `${port.service} gives no answer on port ${port.port}: ${failure}`),
  ];
}

/** The ports of running containers that gave no answer in time. */
async function silentPorts(
  context: HostContext,
  release: Release,
  containers: readonly ContainerDetails[],
  timeout: number,
  signal: AbortSignal,
): Promise<readonly SilentPort[]> {
  const asked = containers
    .filter(({ state }) => state === 'running')
    .flatMap((container) => askedPorts(context, release, container));
  const networks = [...Map.groupBy(asked, ({ network }) => network)];
  const answers = await allOrThrow(
    networks.map(([network, all]) =>
      askNetwork(
        { ...context, signal },
        release,
        network,
        all.flatMap(({ ports }) => ports),
        timeout,
      ),
    ),
  );
  return answers.flat();
}

/** Nothing, if the service publishes nothing itself. Its addresses are those on the slot's network, if it is there. */
function askedPorts(
  { appEnvironment }: HostContext,
  release: Release,
  container: ContainerDetails,
): readonly Asked[] {
  const service = serviceOf(container) ?? container.name;
  const slots = SLOTS.map((slot) => slotNetwork(appEnvironment, slot));
  const networks = Object.entries(container.networks).filter(([, { ipv4 }]) => ipv4 !== '');
  const [network, attachment] = networks.find(([name]) => slots.includes(name)) ?? networks[0] ?? [];
  if (network === undefined || attachment === undefined) return [];
  const ports = selfPublishedPorts(release, service).map(({ port, protocol }) => ({
    ...{ service, port, protocol, address: `${attachment.ipv4}:${port}` },
  }));
  return ports.length === 0 ? [] : [{ network, ports }];
}

/** The ports that gave no answer in time. */
async function askNetwork(
  context: HostContext,
  release: Release,
  network: string,
  ports: readonly AskedPort[],
  timeout: number,
): Promise<readonly SilentPort[]> {
  const { engine, appEnvironment, settings, signal } = context;
  const edge = await observeEdge(engine, appEnvironment);
  const isOnEdge = SLOTS.some((slot) => slotNetwork(appEnvironment, slot) === network);
  await using own =
    edge.state === 'running' && isOnEdge
      ? undefined
      : await startProbeContainer(engine, appEnvironment, settings.edgeImage, network);
  const from = own?.id ?? runningEdgeId(engine, edge);
  const visitor = { host: release.health.host ?? LOCAL_IDENTITY.host, path: askedPath(release) };
  const results = await probePorts(engine, from, ports, visitor, timeout, signal);
  return ports.flatMap((port) => {
    const result = results.get(port.address);
    return result?.ok === true ? [] : [{ port, failure: result?.failure ?? 'no answer' }];
  });
}
