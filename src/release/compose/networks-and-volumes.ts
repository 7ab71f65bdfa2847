import {
  asList,
  asObject,
  asText,
  isObject,
  mapValues,
  pickKeys,
  unescapeDollars,
  withoutUndefined,
} from '../../model/json.ts';
import type { ComposeConfig, ComposeObject, ServiceName } from '../../model/release.ts';

/** The base project owns the networks and volumes. For a release they are external. */

/** Networks or volumes as a release refers to them: external, with their real names. */
export function asExternalObjects(
  all: Readonly<Record<string, ComposeObject | null>> | undefined,
  used: Iterable<string>,
): Record<string, ComposeObject> {
  return mapValues(pickKeys(all ?? {}, used), (spec, key) => ({
    name: asText(asObject(spec)['name']) ?? key,
    external: true,
  }));
}

/** What the base project needs beside its services; created through the Engine API. */
export interface BaseObjects {
  /** Bodies of `POST /networks/create`. */
  readonly networks: readonly (ComposeObject & { readonly Name: string })[];
  /** Bodies of `POST /volumes/create`. */
  readonly volumes: readonly (ComposeObject & { readonly Name: string })[];
  /** The user's own, which must exist before. */
  readonly external: { readonly networks: readonly string[]; readonly volumes: readonly string[] };
}

/**
 * Compose creates only the networks and volumes that a service of the same project uses. So Sealift creates those of the base
 * project, with the labels by which Compose recognizes its own. Without the label `config-hash` Compose accepts them as they
 * are and never replaces one because its options changed.
 */
export function baseObjectsOf(base: ComposeConfig, project: string, labels: ComposeObject): BaseObjects {
  const split = (all: ComposeConfig['networks']) => {
    const entries = Object.entries(all ?? {}).map(([key, spec]) => [key, asObject(spec)] as const);
    return {
      own: entries.filter(([, spec]) => spec['external'] !== true),
      external: entries
        .filter(([, spec]) => spec['external'] === true)
        .map(([key, spec]) => asText(spec['name']) ?? key),
    };
  };
  const networks = split(base.networks);
  const volumes = split(base.volumes);
  const labelled = (kind: string, key: string, spec: ComposeObject): ComposeObject => ({
    ...engineStrings(spec['labels']),
    'com.docker.compose.project': project,
    [`com.docker.compose.${kind}`]: key,
    ...labels,
  });
  return {
    networks: networks.own.map(([key, spec]) => networkCreateBody(key, spec, labelled('network', key, spec))),
    volumes: volumes.own.map(([key, spec]) => ({
      ...withoutUndefined({
        Driver: asText(spec['driver']),
        DriverOpts: spec['driver_opts'] && engineStrings(spec['driver_opts']),
      }),
      Name: asText(spec['name']) ?? key,
      Labels: labelled('volume', key, spec),
    })),
    external: { networks: networks.external, volumes: volumes.external },
  };
}

/** Fields as `createNetwork` of docker/compose (pkg/compose/create.go) maps them. */
function networkCreateBody(
  key: string,
  spec: ComposeObject,
  labels: ComposeObject,
): ComposeObject & { readonly Name: string } {
  const ipam = asObject(spec['ipam']);
  const pools = asList(ipam['config']).map((each) => {
    const pool = asObject(each);
    return withoutUndefined({
      Subnet: pool['subnet'],
      IPRange: pool['ip_range'],
      Gateway: pool['gateway'],
      AuxiliaryAddresses: pool['aux_addresses'],
    });
  });
  const body = withoutUndefined({
    Driver: asText(spec['driver']) ?? 'bridge',
    Options: spec['driver_opts'] && engineStrings(spec['driver_opts']),
    Internal: spec['internal'],
    Attachable: spec['attachable'],
    EnableIPv4: spec['enable_ipv4'],
    EnableIPv6: spec['enable_ipv6'],
    IPAM:
      pools.length > 0 || asText(ipam['driver']) !== undefined
        ? withoutUndefined({ Driver: asText(ipam['driver']), Config: pools })
        : undefined,
  });
  return { ...body, Name: asText(spec['name']) ?? key, Labels: labels };
}

/** Strings for the engine, which unlike Compose does not interpolate. */
function engineStrings(values: unknown): ComposeObject {
  return isObject(values) ? mapValues(values, (value) => unescapeDollars(String(value))) : {};
}

/** The device of a volume that is really a folder of the checkout: `driver_opts: {o: bind, device: ./data}`. */
export function relativeBindDevice(spec: ComposeObject | null): string | undefined {
  const options = asObject(asObject(spec)['driver_opts']);
  const device = asText(options['device']);
  const isBind = (asText(options['o']) ?? '').split(',').some((each) => each === 'bind' || each === 'rbind');
  return isBind && device !== undefined && !device.startsWith('/') ? device : undefined;
}

/** Keys of the networks and volumes that services use. */
export function usedNetworksAndVolumes(services: Readonly<Record<ServiceName, ComposeObject>>): {
  readonly networks: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
} {
  const all = Object.values(services);
  return {
    networks: new Set(all.flatMap((service) => Object.keys(asObject(service['networks'])))),
    volumes: new Set(
      all.flatMap((service) =>
        asList(service['volumes'])
          .map(asObject)
          .filter((mount) => mount['type'] === 'volume')
          .map((mount) => asText(mount['source']))
          .filter((source) => source !== undefined),
      ),
    ),
  };
}
