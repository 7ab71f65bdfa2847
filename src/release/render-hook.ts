import { LABEL, OWN_ROLE, type Slot } from '../model/app-environment.ts';
import type { ComposeConfig, ComposeObject } from '../model/compose-config.ts';
import type { ServiceName } from '../model/identifiers.ts';
import {
  asList,
  asObject,
  asStrings,
  escapeDollars,
  mapValues,
  pickKeys,
  withoutKeys,
  withoutUndefined,
} from '../model/json.ts';
import type { InlineFile, Release } from '../model/release.ts';
import { PROXY_VARIABLES } from './compose/external-proxy.ts';
import { referencedService } from './compose/service.ts';
import { renderRelease } from './make-release.ts';

/** Keys of a service that serves, which do not apply to one that runs a command once. */
const KEYS_NOT_FOR_HOOKS = [
  ...['ports', 'restart', 'healthcheck', 'depends_on', 'links', 'post_start', 'pre_stop', 'scale'],
  ...['read_only', 'mac_address', 'network_mode', 'networks', 'pid', 'ipc', 'volumes_from'],
];
const HOOK_LABELS = { [LABEL.role]: OWN_ROLE.hook };
const FIXED_ADDRESS_KEYS = ['ipv4_address', 'ipv6_address', 'mac_address', 'link_local_ips', 'aliases'];

/**
 * The Compose file for `docker compose -p <releaseProject> -f - run SERVICE`: the service alone, with the release's
 * environment, networks, volumes, secrets and configs. It has nothing that can exist only once, because the service's own
 * containers run already: ports, fixed addresses, namespaces of other services.
 */
export function renderHook(release: Release, slot: Slot, name: ServiceName): ComposeConfig {
  const rendered = renderRelease(release, slot);
  const files = (release.files ?? []).filter(({ service }) => service === name);
  const service = asObject(rendered.services[name]);
  return {
    ...rendered,
    configs: {
      ...rendered.configs,
      ...Object.fromEntries(files.map((file, index) => [hookConfigKey(index), hookConfigSpec(file)])),
    },
    services: {
      [name]: {
        ...withoutKeys(service, ...KEYS_NOT_FOR_HOOKS),
        ...ownNamespaces(rendered, service),
        healthcheck: { disable: true },
        // With the service's own labels and variables a proxy would send requests to it.
        labels: { ...pickKeys(asObject(service['labels']), Object.values(LABEL)), ...HOOK_LABELS },
        environment: withoutKeys(asObject(service['environment']), ...PROXY_VARIABLES),
        // Compose can't copy files into a read-only container, so this one is not read-only.
        configs: [
          ...asList(service['configs']),
          ...files.map((file, index) => hookConfigMount(file, hookConfigKey(index))),
        ],
      },
    },
  };
}

const hookConfigKey = (index: number): string => `sealift-file-${index}`;

function hookConfigSpec({ from }: InlineFile): ComposeObject {
  return 'variable' in from ? { environment: from.variable } : { content: from.content };
}

function hookConfigMount({ folder, name, uid, gid, mode }: InlineFile, source: string): ComposeObject {
  const target = escapeDollars(`${folder === '/' ? '' : folder}/${name}`);
  return { source, target, uid: String(uid), gid: String(gid), mode: `0${mode.toString(8)}` };
}

/** Networks without fixed addresses, and no namespaces of other services of the release, which may not run yet. */
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
        : mapValues(asObject(networks), (options) => withoutKeys(asObject(options), ...FIXED_ADDRESS_KEYS)),
  });
}

/** Those of the service whose network it shares. Compose rejects circles. */
function networkSettingsOf(rendered: ComposeConfig, service: ComposeObject): ComposeObject {
  const host = referencedService(service['network_mode']);
  return host === undefined ? service : networkSettingsOf(rendered, asObject(rendered.services[host]));
}
