import { observeEdge, runningEdgeId } from '../edge/edge.ts';
import { startProbeContainer } from '../edge/probe-container.ts';
import { type PortTarget, probePorts } from '../edge/probe-port.ts';
import type { ContainerDetails } from '../engine/engine.ts';
import { SLOTS, slotNetwork } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import { selfPublishedPorts } from '../release/compose/self-published.ts';
import { allOrThrow } from '../run/promises.ts';
import { serviceOf } from './compose-labels.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { noPortAnswerText } from './no-answer-text.ts';
import type { CheckedReplicas } from './replica-selection.ts';

/**
 * Whether visitors reach the services that publish their ports themselves: TLS that they end themselves, and protocols that are not
 * HTTP. Each port is asked over the network of its container, never at its loopback.
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
  const asked = containers
    .filter(({ state }) => state === 'running')
    .flatMap((container) => askedPorts(context, release, container));
  const networks = [...Map.groupBy(asked, ({ network }) => network)];
  const answers = await allOrThrow(
    networks.map(([network, all]) =>
      askNetwork(
        context,
        release,
        network,
        all.flatMap(({ ports }) => ports),
      ),
    ),
  );
  const silent = answers.flat();
  for (const { port, failure } of silent) {
    const count = silent.filter((each) => each.port.service === port.service).length;
    if (count > (replicas.tolerate?.[port.service] ?? 0))
      throw new HostError(
        context.engine.host,
        noPortAnswerText(port.service, port.port, port.protocol, failure),
      );
  }
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
): Promise<readonly { readonly port: AskedPort; readonly failure: string }[]> {
  const { engine, appEnvironment, settings, signal } = context;
  const edge = await observeEdge(engine, appEnvironment);
  const isOnEdge = SLOTS.some((slot) => slotNetwork(appEnvironment, slot) === network);
  await using own =
    edge.state === 'running' && isOnEdge
      ? undefined
      : await startProbeContainer(engine, appEnvironment, settings.edgeImage, network);
  const from = own?.id ?? runningEdgeId(engine, edge);
  const results = await probePorts(engine, from, ports, release.health.timeout, signal);
  return ports.flatMap((port) => {
    const result = results.get(port.address);
    return result?.ok === true ? [] : [{ port, failure: result?.failure ?? 'no answer' }];
  });
}
