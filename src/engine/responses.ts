import type {
  ContainerDetails,
  ContainerSummary,
  EngineVersion,
  ImageDetails,
  NamedObject,
} from './engine.ts';
import { Fields } from './fields.ts';

/** The engine's answers as the types of the house. Field names: moby's api/swagger.yaml. */

/** `GET /version`; what is missing in it is empty. */
export function parseEngineVersion(value: unknown): EngineVersion {
  const version = new Fields(value);
  return {
    version: version.text('Version'),
    apiVersion: version.text('ApiVersion'),
    os: version.text('Os'),
    architecture: version.text('Arch'),
  };
}

/** One of a list of containers. Ports that are not published are left out. */
export function parseContainerSummary(container: Fields): ContainerSummary {
  const ports = container.objects('Ports').filter((port) => port.number('PublicPort') > 0);
  return {
    id: container.text('Id'),
    name: withoutSlash(container.texts('Names')),
    imageId: container.text('ImageID'),
    labels: container.map('Labels'),
    state: container.text('State'),
    ports: ports.map((port) => ({
      address: port.text('IP') || undefined,
      port: port.number('PublicPort'),
      protocol: port.text('Type'),
    })),
    networks: container
      .object('NetworkSettings')
      .entries('Networks')
      .map(([name]) => name),
  };
}

/** What a container's endpoint was asked to be; the rest of it (addresses, ids) is what the engine made of that. */
const ENDPOINT_SETTINGS = ['IPAMConfig', 'Links', 'Aliases', 'DriverOpts', 'GwPriority'];

/** An inspected container. */
export function parseContainerDetails(value: unknown): ContainerDetails {
  const container = new Fields(value);
  const state = container.object('State');
  const networks = container.object('NetworkSettings').entries('Networks');
  return {
    id: container.text('Id'),
    name: withoutSlash([container.text('Name')]),
    imageId: container.text('Image'),
    labels: container.object('Config').map('Labels'),
    state: parseContainerState(state.text('Status')),
    health: state.has('Health') ? parseContainerHealth(container) : undefined,
    exitCode: state.number('ExitCode'),
    oomKilled: state.flag('OOMKilled'),
    error: state.text('Error'),
    startedAt: state.text('StartedAt'),
    finishedAt: state.text('FinishedAt'),
    restartCount: container.number('RestartCount'),
    restartPolicy: container.object('HostConfig').object('RestartPolicy').text('Name') || 'no',
    networks: Object.fromEntries(
      networks.map(([name, network]) => [
        name,
        {
          ipv4: network.text('IPAddress'),
          ipv6: network.text('GlobalIPv6Address'),
          endpoint: network.pick(...ENDPOINT_SETTINGS),
        },
      ]),
    ),
  };
}

/** Of `GET /images/json` and of `GET /images/{name}/json`, which differ in where the labels are. */
export function parseImageDetails(image: Fields): ImageDetails {
  return {
    id: image.text('Id'),
    repoTags: image.texts('RepoTags'),
    repoDigests: image.texts('RepoDigests'),
    labels: image.has('Config') ? image.object('Config').map('Labels') : image.map('Labels'),
    size: image.number('Size'),
    layers: image.has('RootFS') ? image.object('RootFS').texts('Layers') : [],
  };
}

/** A network or a volume, inspected or of a list. */
export function parseNamedObject(object: Fields): NamedObject {
  return { name: object.text('Name'), labels: object.map('Labels') };
}

function parseContainerHealth(container: Fields): ContainerDetails['health'] {
  const health = container.object('State').object('Health');
  const status = health.text('Status');
  return {
    status: status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none',
    lastOutput: health.objects('Log').at(-1)?.text('Output') ?? '',
    test: container.object('Config').object('Healthcheck').texts('Test'),
  };
}

function parseContainerState(status: string): ContainerDetails['state'] {
  switch (status) {
    case 'running':
    case 'paused':
    case 'restarting':
    case 'removing':
    case 'exited':
    case 'dead':
      return status;
    default:
      return 'created';
  }
}

/** Names begin with a slash; further ones with a second slash are links. */
function withoutSlash(names: readonly string[]): string {
  const name = names.find((each) => each.lastIndexOf('/') === 0) ?? names[0] ?? '';
  return name.replace(/^\//, '');
}
