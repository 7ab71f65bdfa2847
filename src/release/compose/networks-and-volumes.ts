import { FILES_ROLE, LABEL } from '../../model/app-environment.ts';
import type { ComposeConfig, ComposeObject, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import {
  asList,
  asObject,
  asText,
  isObject,
  type JsonObject,
  mapValues,
  pickKeys,
  unescapeDollars,
  withoutUndefined,
  wordsOf,
} from '../../model/json.ts';

import { type VolumeFile, volumeFilesOf } from './file-volumes.ts';

/** The base project owns the networks and volumes. For a release they are external. */

type Section = ComposeConfig['networks'];

/** The networks and volumes that services use, as a release refers to them: external, with their real names. */
export function externalObjects(
  { networks, volumes }: ComposeConfig,
  services: Readonly<Record<ServiceName, ComposeService>>,
): Pick<ComposeConfig, 'networks' | 'volumes'> {
  const all = Object.values(services);
  const mounts = all.flatMap((service) => asList(service['volumes']).map(asObject));
  const volumeNames = mounts
    .filter(({ type }) => type === 'volume')
    .map(({ source }) => asText(source) ?? '');
  const external = (section: Section = {}, keys: readonly string[]) =>
    mapValues(pickKeys(section, keys), (spec, key) => ({
      name: nameOf(asObject(spec), key),
      external: true,
    }));
  return {
    networks: external(
      networks,
      all.flatMap((service) => Object.keys(asObject(service['networks']))),
    ),
    volumes: external(volumes, volumeNames),
  };
}

/** The body of a request to the Engine API that creates a network or a volume. */
type CreateBody = JsonObject & { readonly Name: string };

/** What the base project needs beside its services; created through the Engine API. */
export interface BaseObjects {
  readonly networks: readonly CreateBody[];
  readonly volumes: readonly CreateBody[];
  /** The files of volumes that have some, by the volume's name. */
  readonly files: ReadonlyMap<string, readonly VolumeFile[]>;
  /** The user's own, which must exist before. */
  readonly external: { readonly networks: readonly string[]; readonly volumes: readonly string[] };
}

/**
 * Compose creates only the networks and volumes that a service of the same project uses. So Sealift creates those of the base
 * project, with the labels by which Compose recognizes its own. Without the label `config-hash` Compose accepts them as they
 * are and never replaces one because its options changed.
 */
export function baseObjectsOf(base: ComposeConfig, project: string, labels: JsonObject): BaseObjects {
  const bodies = (kind: string, section: Section = {}, bodyOf: (spec: JsonObject) => JsonObject) =>
    Object.entries(section).flatMap(([key, value]): readonly CreateBody[] => {
      const spec = asObject(value);
      if (spec['external'] === true) return [];
      const Labels = {
        ...engineStrings(spec['labels']),
        'com.docker.compose.project': project,
        [`com.docker.compose.${kind}`]: key,
        ...labels,
        ...(volumeFilesOf(spec).length > 0 ? { [LABEL.role]: FILES_ROLE } : {}),
      };
      return [{ ...withoutUndefined(bodyOf(spec)), Name: nameOf(spec, key), Labels }];
    });
  const externalNames = (section: Section = {}): readonly string[] =>
    Object.entries(section).flatMap(([key, spec]) =>
      spec?.['external'] === true ? [nameOf(spec, key)] : [],
    );
  return {
    networks: bodies('network', base.networks, networkBody),
    volumes: bodies('volume', base.volumes, ({ driver, driver_opts: options }) => ({
      Driver: asText(driver),
      DriverOpts: options && engineStrings(options),
    })),
    files: new Map(
      Object.entries(base.volumes ?? {}).flatMap(([key, spec]) => {
        const files = volumeFilesOf(spec);
        return files.length === 0 ? [] : [[nameOf(asObject(spec), key), files] as const];
      }),
    ),
    external: { networks: externalNames(base.networks), volumes: externalNames(base.volumes) },
  };
}

const nameOf = (spec: ComposeObject, key: string): string => asText(spec['name']) ?? key;

/** Fields as `createNetwork` of docker/compose (pkg/compose/create.go) maps them. */
function networkBody(spec: JsonObject): JsonObject {
  const ipam = asObject(spec['ipam']);
  const driver = asText(ipam['driver']);
  const pools = asList(ipam['config'])
    .map(asObject)
    .map((pool) =>
      withoutUndefined({
        Subnet: pool['subnet'],
        IPRange: pool['ip_range'],
        Gateway: pool['gateway'],
        AuxiliaryAddresses: pool['aux_addresses'],
      }),
    );
  return {
    Driver: asText(spec['driver']) ?? 'bridge',
    Options: spec['driver_opts'] && engineStrings(spec['driver_opts']),
    Internal: spec['internal'],
    Attachable: spec['attachable'],
    EnableIPv4: spec['enable_ipv4'],
    EnableIPv6: spec['enable_ipv6'],
    IPAM:
      pools.length > 0 || driver !== undefined
        ? withoutUndefined({ Driver: driver, Config: pools })
        : undefined,
  };
}

/** Strings for the engine, which unlike Compose does not interpolate. */
function engineStrings(values: unknown): JsonObject {
  return isObject(values) ? mapValues(values, (value) => unescapeDollars(wordsOf(value))) : {};
}

/** The device of a volume that is really a folder of the checkout: `driver_opts: {o: bind, device: ./data}`. */
export function relativeBindDevice(spec: ComposeObject | null): string | undefined {
  const options = asObject(asObject(spec)['driver_opts']);
  const device = asText(options['device']);
  const isBind = /(^|,)r?bind(,|$)/.test(asText(options['o']) ?? '');
  return isBind && device !== undefined && !device.startsWith('/') ? device : undefined;
}
