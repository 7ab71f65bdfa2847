import { randomUUID } from 'node:crypto';
import { explainTakenPort } from '../edge/taken-port.ts';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { baseProject, LABEL, labelsOf, OWN_ROLE } from '../model/app-environment.ts';
import { messageOf } from '../model/errors.ts';
import { portsOverlap } from '../model/published-port.ts';
import type { Release } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import { type NeededPort, portText } from '../plan/needed-ports.ts';
import { type HostContext, releaseById } from './host-context.ts';

/** Seconds after which the container ends by itself, if the run was killed. */
const LIFETIME = 60;

/**
 * Lets a container publish ports for a moment, as one of the app will: nothing else tells for certain whether a program of the host has
 * one. Ports that the app has already are left out.
 *
 * @throws HostError naming the port that is taken
 */
export async function tryPorts(
  context: HostContext,
  { release: id, ports }: Action<'try-ports'>,
): Promise<string> {
  const { engine, appEnvironment, log } = context;
  const { app, environment } = appEnvironment;
  const all = await engine.listContainers([]);
  const own = all.filter(
    ({ labels }) => labels[LABEL.app] === app && labels[LABEL.environment] === environment,
  );
  const free = ports.filter((port) => !own.some((each) => publishes(each, port)));
  if (free.length === 0) return 'the app has them';
  const image = await imageOnHost(context, releaseById(context, id), free);
  if (image === undefined) return 'not tried';
  const name = `${baseProject(appEnvironment)}-ports-${randomUUID().slice(0, 4)}`;
  const container = await engine.createContainer(name, {
    Image: image,
    Entrypoint: ['sleep', String(LIFETIME)],
    Cmd: [],
    Labels: { ...labelsOf(appEnvironment), [LABEL.role]: OWN_ROLE.probe },
    ExposedPorts: Object.fromEntries(free.map((port) => [containerPort(port), {}])),
    HostConfig: {
      AutoRemove: true,
      PortBindings: Object.fromEntries(
        [...Map.groupBy(free, containerPort)].map(([port, each]) => [
          port,
          each.map((published) => ({
            HostIp: published.address ?? '',
            HostPort: String(published.port),
          })),
        ]),
      ),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      ReadonlyRootfs: true,
    },
  });
  try {
    await engine.startContainer(container);
  } catch (error) {
    const numbers = free.map(({ port }) => port);
    const explained = await explainTakenPort(engine, error, numbers);
    if (explained !== error) throw explained;
    // An image without `sleep`, for example: the ports are found to be taken later.
    log.debug(messageOf(error));
    return 'not tried';
  } finally {
    await engine.removeContainer(container, { force: true }).catch(() => undefined);
  }
  return free.map(portText).join(', ');
}

const publishes = ({ ports }: ContainerSummary, port: NeededPort): boolean =>
  ports.some(
    ({ address, ...each }) => each.protocol === port.protocol && portsOverlap({ address, ...each }, port),
  );

const containerPort = ({ port, protocol }: NeededPort): string => `${port}/${protocol}`;

/** That of the edge, or, without an edge, that of a service which publishes one of the ports. */
async function imageOnHost(
  { engine, settings }: { readonly engine: Engine; readonly settings: HostContext['settings'] },
  { services }: Release,
  ports: readonly NeededPort[],
): Promise<string | undefined> {
  const own = ports.flatMap(({ service }) => (service === undefined ? [] : (services[service]?.image ?? [])));
  for (const image of [settings.edgeImage, ...own])
    if ((await engine.inspectImage(image)) !== undefined) return image;
  return undefined;
}
