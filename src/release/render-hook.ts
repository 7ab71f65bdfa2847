import {
  type ComposeConfig,
  type ComposeObject,
  type InlineFile,
  LABEL,
  type Release,
  type ServiceName,
  type Slot,
} from '../model/release.ts';
import { defined, list, mapValues, object, pick, texts, without } from './compose/data.ts';
import { PROXY_VARIABLES } from './compose/proxied.ts';
import { namedService } from './compose/service.ts';
import { renderRelease } from './make.ts';

/** What is of a service that serves, and not of one that runs a command once. */
const NOT_ONCE = [
  'ports',
  'restart',
  'healthcheck',
  'depends_on',
  'links',
  'post_start',
  'pre_stop',
  'scale',
  'mac_address',
  'read_only',
  'network_mode',
  'networks',
  'pid',
  'ipc',
  'volumes_from',
] as const;

/**
 * What `docker compose -p <releaseProject> -f - run SERVICE` is fed for a command of a release: the service alone, with the
 * release's environment, networks, volumes, secrets and configs. Beside containers that run already it takes nothing that
 * there can be once only: ports, fixed addresses, namespaces of other services.
 */
export function renderHook(release: Release, slot: Slot, name: ServiceName): ComposeConfig {
  const rendered = renderRelease(release, slot);
  const files = (release.files ?? []).filter(({ service }) => service === name);
  const service = object(rendered.services[name]);
  return {
    ...rendered,
    configs: {
      ...rendered.configs,
      ...Object.fromEntries(files.map((file, at) => [keyOf(at), specOf(file)])),
    },
    services: {
      [name]: {
        ...without(service, ...NOT_ONCE),
        ...ownNamespaces(rendered, service),
        healthcheck: { disable: true },
        // By its own labels and variables a proxy would send requests to it.
        labels: { ...pick(object(service['labels']), Object.values(LABEL)), [LABEL.role]: 'hook' },
        environment: without(object(service['environment']), ...PROXY_VARIABLES),
        // Compose can't copy into a read-only container, and writes into one that is not.
        configs: [...list(service['configs']), ...files.map((file, at) => useOf(file, keyOf(at)))],
      },
    },
  };
}

const keyOf = (at: number): string => `sealift-file-${at}`;

function specOf({ from }: InlineFile): ComposeObject {
  return 'variable' in from ? { environment: from.variable } : { content: from.content };
}

function useOf({ folder, name, uid, gid, mode }: InlineFile, source: string): ComposeObject {
  const target = `${folder === '/' ? '' : folder}/${name}`.replaceAll('$', '$$$$');
  return { source, target, uid: String(uid), gid: String(gid), mode: `0${mode.toString(8)}` };
}

/** Its networks without fixed addresses. What it shares with another service of the release is not there yet. */
function ownNamespaces(rendered: ComposeConfig, service: ComposeObject): ComposeObject {
  const { network_mode, networks } = networkOf(rendered, service);
  const outside = (key: string): unknown =>
    namedService(service[key]) === undefined ? service[key] : undefined;
  return defined({
    network_mode,
    pid: outside('pid'),
    ipc: outside('ipc'),
    volumes_from: texts(service['volumes_from']).filter((from) => from.startsWith('container:')),
    networks:
      networks === undefined
        ? undefined
        : mapValues(object(networks), (options) =>
            without(
              object(options),
              'ipv4_address',
              'ipv6_address',
              'mac_address',
              'link_local_ips',
              'aliases',
            ),
          ),
  });
}

/** Compose refuses circles. */
function networkOf(rendered: ComposeConfig, service: ComposeObject): ComposeObject {
  const host = namedService(service['network_mode']);
  return host === undefined ? service : networkOf(rendered, object(rendered.services[host]));
}
