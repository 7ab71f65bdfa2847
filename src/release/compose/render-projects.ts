import { type AppEnvironment, upstreamKey, upstreamNetwork } from '../../model/app-environment.ts';
import type { ComposeConfig, ComposeObject, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import {
  asList,
  asObject,
  asStrings,
  asText,
  mapValues,
  withoutKeys,
  withoutUndefined,
} from '../../model/json.ts';
import type { InlineFile } from '../../model/release.ts';
import type { Upstream } from '../../model/route.ts';
import type { Project } from './classify-services.ts';
import {
  aliasesFromLinks,
  withAccessoryRefs,
  withAliases,
  withoutReleaseRefs,
} from './cross-project-refs.ts';
import type { Domains } from './domain-backends.ts';
import {
  type InlinedContents,
  readOnlyFiles,
  rejectReadOnlyAccessory,
  usedFileObjects,
  withFileVolumes,
} from './inline-contents.ts';
import { externalObjects } from './networks-and-volumes.ts';
import type { OwnProxies } from './own-proxies.ts';
import { isFrontPort } from './port-conflicts.ts';
import type { Problems } from './problems.ts';
import { onlyExposedPort } from './proxy-leads.ts';
import { networksOf, portsOf } from './service.ts';
import { withCompleteTraefikLabels, withoutTraefikLabels } from './traefik-labels.ts';

/** Splits a Compose file into two projects: one of the release, one of its accessories. */

/** Keys for the build or a developer's machine only. Images are on the host before Compose runs. */
const NOT_DEPLOYED_KEYS = ['build', 'develop', 'profiles'] as const;

/**
 * The project of a release. Networks and volumes are external, and the edge gets the ports that it can publish.
 * @param proxies `undefined` without an edge
 * @param keepsPorts whether a service publishes its ports itself
 */
export function renderReleaseProject(
  project: Project,
  base: string,
  keepsPorts: (name: ServiceName) => boolean,
  proxies: OwnProxies | undefined,
  domains: Domains,
  inlined: InlinedContents,
  problems: Problems,
): { readonly compose: ComposeConfig; readonly files: readonly InlineFile[] } {
  const services: Record<ServiceName, ComposeService> = {};
  const files: InlineFile[] = [];
  for (const name of project.released.keys()) {
    const inlineFiles = readOnlyFiles(name, project.service(name), inlined, problems);
    files.push(...inlineFiles);
    const rendered = withFileVolumes(renderReleasedService(project, base, name), inlineFiles);
    const service = withLabelsForTraefik(project, name, rendered, proxies);
    services[name] = keepsPorts(name)
      ? { ...service, ...portsKeptByService(project.service(name), domains) }
      : service;
  }
  const objects = { ...externalObjects(project.config, services), ...usedFileObjects(inlined, services) };
  return { compose: { services, ...objects }, files };
}

/** The edge takes the place of a service that the file's Traefik finds. Otherwise its labels say all that differs between releases. */
function withLabelsForTraefik(
  project: Project,
  name: ServiceName,
  rendered: ComposeService,
  proxies: OwnProxies | undefined,
): ComposeService {
  const upstreams = [...(proxies?.upstreams.get(name)?.values() ?? [])];
  if (upstreams.some(({ labels }) => labels !== undefined)) return withoutTraefikLabels(rendered);
  const network = onlyNetworkOf(project, project.service(name));
  return withCompleteTraefikLabels(name, rendered, network, () => onlyExposedPort(project.service(name)));
}

/** The name of the only network of a service, or of the only one that others created. */
export function onlyNetworkOf(
  { config }: Pick<Project, 'config'>,
  service: ComposeService,
): string | undefined {
  const all = Object.keys(networksOf(service) ?? {}).map((key) => {
    const { name, external } = asObject(config.networks?.[key]);
    return { name: asText(name) ?? key, external: external === true };
  });
  const chosen = all.length > 1 ? all.filter(({ external }) => external) : all;
  return chosen.length === 1 ? chosen[0]?.name : undefined;
}

/** The project of the accessories, which owns all networks and volumes. Proxies are on the networks on which they reach the edge. */
export function renderBaseProject(
  project: Project,
  appEnvironment: AppEnvironment,
  { upstreamsOf }: OwnProxies,
  inlined: InlinedContents,
  problems: Problems,
): ComposeConfig {
  const services: Record<ServiceName, ComposeService> = {};
  for (const name of project.accessories) {
    const service = withUpstreamNetworks(
      project,
      project.service(name),
      appEnvironment,
      upstreamsOf.get(name) ?? [],
    );
    rejectReadOnlyAccessory(name, service, problems);
    services[name] = withoutNullsAndExtensions(
      withoutKeys(withoutReleaseRefs(project, name, service, problems), ...NOT_DEPLOYED_KEYS),
    );
  }
  return {
    services,
    networks: {
      ...mapValues(project.config.networks ?? {}, asObject),
      ...Object.fromEntries(
        [...upstreamsOf.values()]
          .flat()
          .map((upstream) => [upstreamKey(upstream), { name: upstreamNetwork(appEnvironment, upstream) }]),
      ),
    },
    volumes: mapValues(project.config.volumes ?? {}, asObject),
    ...usedFileObjects(inlined, services),
  };
}

/** Docker looks a name up in the networks in the order of their names, unless one has a priority: the edge comes first. */
function withUpstreamNetworks(
  { config }: Project,
  service: ComposeService,
  appEnvironment: AppEnvironment,
  upstreams: readonly Upstream[],
): ComposeService {
  if (upstreams.length === 0) return service;
  const networks = networksOf(service) ?? {};
  const comesLater = Object.keys(networks).some((key) => {
    const { name, enable_ipv6: hasIpv6 } = asObject(config.networks?.[key]);
    return (
      hasIpv6 === true || (asText(name) ?? key) < upstreamNetwork(appEnvironment, { network: 'upstream-' })
    );
  });
  const own = upstreams.map((upstream) => [upstreamKey(upstream), comesLater ? { gw_priority: 1 } : {}]);
  return { ...service, networks: { ...networks, ...Object.fromEntries(own) } };
}

function renderReleasedService(project: Project, base: string, name: ServiceName): ComposeService {
  const service = project.service(name);
  const dropped = [...NOT_DEPLOYED_KEYS, 'pull_policy', 'ports', 'container_name', 'image'];
  const networks = networksOf(service);
  // A kept old container still has its container_name. On a network an alias does the same.
  const names = [...asStrings([service['container_name']]), ...aliasesFromLinks(project, name)];
  return withoutUndefined({
    ...withoutNullsAndExtensions(withoutKeys(withAccessoryRefs(project, base, service), ...dropped)),
    ...restartPolicyOf(service),
    networks: networks === undefined ? undefined : withAliases(networks, names),
  });
}

/** Ports that a service publishes itself, without those of the host's front. */
function portsKeptByService(service: ComposeService, domains: Domains): ComposeObject {
  const ports = portsOf(service);
  const kept = asList(service['ports']).filter((_, index) => {
    const { address, published = '' } = ports[index] ?? {};
    return !isFrontPort(address, published, domains);
  });
  return kept.length === 0 ? {} : { ports: kept };
}

/**
 * The restart policy in one place, so that the container gets what Compose makes of the file: of the two policies that a file
 * can have, `deploy.restart_policy` wins, its `any` is `always`, and without a condition it is `no` (seen with Compose 2.40).
 */
function restartPolicyOf(service: ComposeService): ComposeObject {
  const { restart_policy: policy, ...deploy } = asObject(service['deploy']);
  if (policy === undefined) return {};
  const { condition = 'no', max_attempts: attempts } = asObject(policy);
  const counted = condition === 'on-failure' && typeof attempts === 'number';
  const restart = counted ? `on-failure:${attempts}` : (RESTART_POLICY_NAMES.get(condition) ?? condition);
  return { restart, deploy };
}

const RESTART_POLICY_NAMES: ReadonlyMap<unknown, string> = new Map([
  ['any', 'always'],
  ['none', 'no'],
]);

/** Without keys that have no effect: `command: null`, extension fields. */
function withoutNullsAndExtensions(service: ComposeService): ComposeService {
  return Object.fromEntries(
    Object.entries(service).filter(([key, value]) => value !== null && !key.startsWith('x-')),
  );
}
