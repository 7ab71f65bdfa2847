import {
  asList,
  asObject,
  asStrings,
  mapValues,
  pickKeys,
  withoutKeys,
  withoutUndefined,
} from '../model/json.ts';
import {
  type ComposeConfig,
  type ComposeObject,
  type InlineFile,
  LABEL,
  type Release,
  type ServiceName,
  type Slot,
} from '../model/release.ts';
import { PROXY_VARIABLES } from './compose/external-proxy.ts';
import { referencedService } from './compose/service.ts';
import { renderRelease } from './make-release.ts';

/** What is of a service that serves, and not of one that runs a command once. */
const KEYS_NOT_FOR_HOOKS = [
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
  const service = asObject(rendered.services[name]);
  return {
    ...rendered,
    configs: {
      ...rendered.configs,
      ...Object.fromEntries(files.map((file, at) => [hookConfigKey(at), hookConfigSpec(file)])),
    },
    services: {
      [name]: {
        ...withoutKeys(service, ...KEYS_NOT_FOR_HOOKS),
        ...ownNamespaces(rendered, service),
        healthcheck: { disable: true },
        // By its own labels and variables a proxy would send requests to it.
        labels: { ...pickKeys(asObject(service['labels']), Object.values(LABEL)), [LABEL.role]: 'hook' },
        environment: withoutKeys(asObject(service['environment']), ...PROXY_VARIABLES),
        // Compose can't copy into a read-only container, and writes into one that is not.
        configs: [
          ...asList(service['configs']),
          ...files.map((file, at) => hookConfigMount(file, hookConfigKey(at))),
        ],
      },
    },
  };
}

const hookConfigKey = (at: number): string => `sealift-file-${at}`;

function hookConfigSpec({ from }: InlineFile): ComposeObject {
  return 'variable' in from ? { environment: from.variable } : { content: from.content };
}

function hookConfigMount({ folder, name, uid, gid, mode }: InlineFile, source: string): ComposeObject {
  const target = `${folder === '/' ? '' : folder}/${name}`.replaceAll('$', '$$$$');
  return { source, target, uid: String(uid), gid: String(gid), mode: `0${mode.toString(8)}` };
}

/** Its networks without fixed addresses. What it shares with another service of the release is not there yet. */
function ownNamespaces(rendered: ComposeConfig, service: ComposeObject): ComposeObject {
  const { network_mode, networks } = networkSettingsOf(rendered, service);
  const outside = (key: string): unknown =>
    referencedService(service[key]) === undefined ? service[key] : undefined;
  return withoutUndefined({
    network_mode,
    pid: outside('pid'),
    ipc: outside('ipc'),
    volumes_from: asStrings(service['volumes_from']).filter((from) => from.startsWith('container:')),
    networks:
      networks === undefined
        ? undefined
        : mapValues(asObject(networks), (options) =>
            withoutKeys(
              asObject(options),
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
function networkSettingsOf(rendered: ComposeConfig, service: ComposeObject): ComposeObject {
  const host = referencedService(service['network_mode']);
  return host === undefined ? service : networkSettingsOf(rendered, asObject(rendered.services[host]));
}
