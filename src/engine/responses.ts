import { isOnAllAddresses } from '../model/published-port.ts';
import type {
  ContainerDetails,
  ContainerSummary,
  EngineVersion,
  Healthcheck,
  ImageDetails,
  NamedObject,
  NetworkSummary,
} from './engine.ts';
import { Fields } from './fields.ts';

/** Converts the engine's JSON to the types of this directory. Field names: moby's api/swagger.yaml. */

/** `GET /version`; a missing field is empty. */
export function parseEngineVersion(value: unknown): EngineVersion {
  const version = new Fields(value);
  return {
    version: version.text('Version'),
    apiVersion: version.text('ApiVersion'),
    os: version.text('Os'),
    architecture: version.text('Arch'),
  };
}

/** An entry of `GET /containers/json`, with its published ports only. */
export function parseContainerSummary(container: Fields): ContainerSummary {
  const ports = container.objects('Ports').filter((port) => port.number('PublicPort') > 0);
  const networks = container.object('NetworkSettings').entries('Networks');
  const mounts = container.objects('Mounts').filter((mount) => mount.text('Type') === 'volume');
  return {
    id: container.text('Id'),
    name: containerName(container.texts('Names')),
    imageId: container.text('ImageID'),
    labels: container.map('Labels'),
    state: container.text('State'),
    ports: ports.map((port) => ({
      port: port.number('PublicPort'),
      protocol: port.text('Type'),
      ...addressOf(port.text('IP')),
    })),
    networks: networks.map(([name]) => name),
    addresses: networks
      .flatMap(([, network]) => [network.text('IPAddress'), network.text('GlobalIPv6Address')])
      .filter(Boolean),
    volumes: mounts.map((mount) => mount.text('Name')),
  };
}

const addressOf = (ip: string): { readonly address?: string } =>
  ip === '' || isOnAllAddresses(ip) ? {} : { address: ip };

/** What an endpoint was configured with. Its other fields (addresses, ids) are the engine's result. */
const ENDPOINT_SETTINGS = ['IPAMConfig', 'Links', 'Aliases', 'DriverOpts', 'GwPriority'];

/** Seconds from the stop signal to SIGKILL, where neither the image nor the Compose file says it (moby, container/container.go). */
const DEFAULT_STOP_TIMEOUT = 10;

/** `GET /containers/{id}/json`. */
export function parseContainerDetails(value: unknown): ContainerDetails {
  const container = new Fields(value);
  const state = container.object('State');
  const networks = container.object('NetworkSettings').entries('Networks');
  const restart = container.object('HostConfig').object('RestartPolicy');
  const config = container.object('Config');
  return {
    id: container.text('Id'),
    name: containerName([container.text('Name')]),
    imageId: container.text('Image'),
    labels: config.map('Labels'),
    state: parseContainerState(state.text('Status')),
    health: state.has('Health') ? parseContainerHealth(state.object('Health')) : undefined,
    healthcheck: parseHealthcheck(config),
    exitCode: state.number('ExitCode'),
    oomKilled: state.flag('OOMKilled'),
    error: state.text('Error'),
    startedAt: state.text('StartedAt'),
    stopTimeout: config.has('StopTimeout') ? config.number('StopTimeout') : DEFAULT_STOP_TIMEOUT,
    restartCount: container.number('RestartCount'),
    restartPolicy: restart.text('Name') || 'no',
    restartRetries: restart.number('MaximumRetryCount'),
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

/** An entry of `GET /images/json`, or `GET /images/{name}/json`: only the latter has layers. */
export function parseImageDetails(image: Fields): ImageDetails {
  return {
    id: image.text('Id'),
    // With the containerd image store, references by digest are among them (seen with Docker 28.5).
    repoTags: image.texts('RepoTags').filter((reference) => !reference.includes('@')),
    repoDigests: image.texts('RepoDigests'),
    layers: image.object('RootFS').texts('Layers'),
    size: image.number('Size'),
    platform: ['Os', 'Architecture', 'Variant']
      .map((name) => image.text(name))
      .filter(Boolean)
      .join('/'),
    labels: { ...image.map('Labels'), ...image.object('Config').map('Labels') },
  };
}

/** An entry of `GET /networks`. */
export function parseNetworkSummary(network: Fields): NetworkSummary {
  const pools = network.object('IPAM').objects('Config');
  return {
    ...parseNamedObject(network),
    id: network.text('Id'),
    subnets: pools.map((pool) => pool.text('Subnet')).filter((subnet) => subnet !== ''),
  };
}

/** A network or a volume, inspected or listed. */
export function parseNamedObject(object: Fields): NamedObject {
  return { name: object.text('Name'), labels: object.map('Labels') };
}

/** Defaults of moby's daemon/health.go. */
const DEFAULT_INTERVAL = 30_000;
const DEFAULT_CHECK_TIMEOUT = 30_000;
const DEFAULT_START_INTERVAL = 5_000;
const DEFAULT_SHELL = ['/bin/sh', '-c'];

/** `Config.Healthcheck`: `["CMD", …]`, `["CMD-SHELL", "…"]` or `["NONE"]`, with times in nanoseconds. */
function parseHealthcheck(config: Fields): Healthcheck | undefined {
  const healthcheck = config.object('Healthcheck');
  const [kind, ...words] = healthcheck.texts('Test');
  if (kind !== 'CMD' && kind !== 'CMD-SHELL') return undefined;
  const shell = config.texts('Shell');
  const milliseconds = (key: string): number => healthcheck.number(key) / 1_000_000;
  return {
    argv: kind === 'CMD' ? words : [...(shell.length > 0 ? shell : DEFAULT_SHELL), ...words],
    interval: milliseconds('Interval') || DEFAULT_INTERVAL,
    timeout: milliseconds('Timeout') || DEFAULT_CHECK_TIMEOUT,
    startPeriod: milliseconds('StartPeriod'),
    startInterval: milliseconds('StartInterval') || DEFAULT_START_INTERVAL,
  };
}

function parseContainerHealth(health: Fields): ContainerDetails['health'] {
  const status = health.text('Status');
  return {
    ...(status === 'starting' && health.objects('Log').length === 0 ? { unchecked: true as const } : {}),
    status: status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none',
    lastOutput: health.objects('Log').at(-1)?.text('Output') ?? '',
  };
}

const CONTAINER_STATES = ['running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const;

function parseContainerState(status: string): ContainerDetails['state'] {
  return CONTAINER_STATES.find((state) => state === status) ?? 'created';
}

/** Names begin with a slash; a name with a second slash is a link. */
function containerName(names: readonly string[]): string {
  const name = names.find((each) => each.lastIndexOf('/') === 0) ?? names[0] ?? '';
  return name.replace(/^\//, '');
}
