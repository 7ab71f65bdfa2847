import type { ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asList, asNumber, asObject, asStrings, asText, unescapeDollars, wordsOf } from '../../model/json.ts';
import type { AccessoryCondition } from '../../model/release.ts';

/** Reads one service of a resolved Compose file. */

export interface Port {
  readonly target: number;
  /** A port, a range (`8000-8010`), or `undefined` for any free port. */
  readonly published: string | undefined;
  readonly address: string | undefined;
  readonly protocol: string;
  readonly appProtocol: string | undefined;
}

/** Published ports. Compose resolves them to the long form. */
export function portsOf(service: ComposeService): readonly Port[] {
  return asList(service['ports']).map((each) => {
    const port = asObject(each);
    const published = port['published'];
    return {
      target: asNumber(port['target']) ?? 0,
      published: typeof published === 'number' ? String(published) : asText(published),
      address: asText(port['host_ip']),
      protocol: asText(port['protocol']) ?? 'tcp',
      appProtocol: asText(port['app_protocol'])?.toLowerCase(),
    };
  });
}

/** Single TCP ports of `expose`. */
export function exposedPortsOf(service: ComposeService): readonly number[] {
  return asList(service['expose'])
    .map((each) => /^(\d+)(?:\/tcp)?$/.exec(wordsOf(each))?.[1])
    .filter((port) => port !== undefined)
    .map(Number);
}

interface Dependency {
  readonly condition: AccessoryCondition['condition'];
  readonly required: boolean;
}

/** How a service depends on another one; `undefined` if it does not. It is asked of each pair. */
export const conditionFor = (
  service: ComposeService,
  other: ServiceName,
): AccessoryCondition['condition'] | undefined => {
  const dependencies = asObject(service['depends_on']);
  return Object.hasOwn(dependencies, other)
    ? parseCondition(asObject(dependencies[other])['condition'])
    : undefined;
};

/** `depends_on` by service. Compose itself adds those of `links`, `volumes_from`, `network_mode: service:` and the like. */
export function dependenciesOf(service: ComposeService): ReadonlyMap<ServiceName, Dependency> {
  return new Map(
    Object.entries(asObject(service['depends_on'])).map(([name, value]) => {
      const { condition, required } = asObject(value);
      return [name, { condition: parseCondition(condition), required: required !== false }];
    }),
  );
}

function parseCondition(value: unknown): AccessoryCondition['condition'] {
  return value === 'service_healthy' || value === 'service_completed_successfully'
    ? value
    : 'service_started';
}

/** `scale` or `deploy.replicas`; 1 by default. */
export function replicasOf(service: ComposeService): number {
  return asNumber(service['scale']) ?? asNumber(asObject(service['deploy'])['replicas']) ?? 1;
}

export interface Mount {
  readonly type: string;
  /** Volume name or path; `undefined` for an anonymous volume or tmpfs. */
  readonly source: string | undefined;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Volumes, bind mounts and tmpfs. Compose resolves them to the long form. */
export function mountsOf(service: ComposeService): readonly Mount[] {
  return asList(service['volumes']).map((each) => {
    const mount = asObject(each);
    const source = asText(mount['source']);
    return {
      type: asText(mount['type']) ?? 'volume',
      source: source === undefined ? undefined : unescapeDollars(source),
      target: unescapeDollars(asText(mount['target']) ?? ''),
      readOnly: mount['read_only'] === true,
    };
  });
}

/** The networks of a service with their options; `undefined` if it has `network_mode` instead. */
export function networksOf(service: ComposeService): Readonly<Record<string, unknown>> | undefined {
  return asText(service['network_mode']) === undefined ? asObject(service['networks']) : undefined;
}

/** Additional names of a service on its networks. */
export function aliasesOf(service: ComposeService): readonly string[] {
  return Object.values(networksOf(service) ?? {}).flatMap((network) =>
    asStrings(asObject(network)['aliases']),
  );
}

/** `links`: the service and the name under which it is reached. */
export function linksOf(
  service: ComposeService,
): readonly { readonly service: ServiceName; readonly alias: string }[] {
  return asStrings(service['links']).map((link) => {
    const [name = '', alias = name] = link.split(':');
    return { service: name, alias };
  });
}

/** NAME of `service:NAME`; `undefined` for other values. */
export function referencedService(value: unknown): ServiceName | undefined {
  return /^service:(.+)$/.exec(asText(value) ?? '')?.[1];
}

/** `deploy.update_config.order`: `start-first` or `stop-first`. */
export function updateOrder(service: ComposeService): string | undefined {
  return asText(asObject(asObject(service['deploy'])['update_config'])['order']);
}

/** The name of a secret or config that a service uses, in the short or the long form. */
export function fileObjectName(use: unknown): string {
  return typeof use === 'string' ? use : (asText(asObject(use)['source']) ?? '');
}
