import { type AppEnvironment, baseProject } from '../../model/app-environment.ts';
import type { ComposeConfig } from '../../model/compose-config.ts';
import type { EdgeKind } from '../../model/deploy-options.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asText } from '../../model/json.ts';
import type {
  AccessoryCondition,
  AccessoryRound,
  ConfidentialValues,
  Ending,
  InlineFile,
  ReleasedService,
} from '../../model/release.ts';
import { MAX_SERVED_REPLICAS, type Route } from '../../model/route.ts';
import { accessoryConditionsOf, accessoryEndingsOf, accessoryOrderOf } from './accessory-order.ts';
import { classifyServices, type Project } from './classify-services.ts';
import type { Domains } from './domain-backends.ts';
import { externalProxyOf } from './external-proxy.ts';
import { inlineContents } from './inline-contents.ts';
import { composeNoticesOf } from './notices.ts';
import { findOwnProxies, NO_PROXIES } from './own-proxies.ts';
import { checkPortConflicts } from './port-conflicts.ts';
import { Problems } from './problems.ts';
import { ambiguousNetworkNotices, rejectProxiesElsewhere, unswitchedNotices } from './proxies-elsewhere.ts';
import { rejectBuiltInNames, rejectModels, rejectRunnerPaths } from './reject-unsupported.ts';
import { renderBaseProject, renderReleaseProject } from './render-projects.ts';
import type { ResolvedCompose } from './resolve.ts';
import { rolesOf, type ServiceRole, whyRecreateAll } from './roles.ts';
import { routesOf } from './routes.ts';
import { replicasOf } from './service.ts';
import { updateConfigOf } from './update-config.ts';

/** A released service whose image is not known yet. */
interface SplitService extends Omit<ReleasedService, 'image'> {
  /** Key of its image: a service that is built, or '' for what `${IMAGE}` stands for. */
  readonly imageKey: string;
}

/** A split Compose file: everything of a release but its images, its health check and its origin. */
export interface SplitProject {
  readonly app: string;
  readonly environment: string;
  /** What `${IMAGE}` was when the file was resolved; it is in strings until the digest is known. */
  readonly placeholder: string;
  readonly services: Readonly<Record<ServiceName, SplitService>>;
  readonly routes: readonly Route[];
  readonly recreateReason: string | undefined;
  readonly compose: ComposeConfig;
  readonly base: ComposeConfig;
  readonly conditions: readonly AccessoryCondition[];
  readonly lateAccessories: readonly ServiceName[];
  readonly accessoryRounds: readonly AccessoryRound[];
  readonly accessoryEndings: Readonly<Record<ServiceName, Ending>>;
  readonly files: readonly InlineFile[];
  /** Contents of secrets and configs by variable name. */
  readonly confidential: ConfidentialValues;
  /** Volumes that keep the name that they had before Sealift, by key. Left out if there are none. */
  readonly adopted?: Readonly<Record<string, string>>;
  /** Services that are built for other builds and run nothing. */
  readonly buildOnly: readonly ServiceName[];
  /** Lines for the log: what is ignored, what a reader should know. */
  readonly notices: readonly string[];
}

/**
 * Splits a resolved Compose file into a release and its accessories. Pure.
 * @throws ConfigurationError that names everything that can't be delivered, and how to fix it
 */
export function splitProject(
  resolved: ResolvedCompose,
  appEnvironment: AppEnvironment,
  domains: Domains,
  edge: EdgeKind,
): SplitProject {
  const problems = new Problems(resolved.files);
  const notices: string[] = [...resolved.notices];
  for (const problem of resolved.problems) problems.add(problem);
  rejectRunnerPaths(resolved, problems);
  rejectBuiltInNames(resolved.config, problems);
  rejectModels(resolved.config, problems);
  const project = classifyServices(resolved.config, resolved.placeholder, problems);
  problems.throwIfAny();

  const hasEdge = edge !== 'none';
  // Without an edge, proxies find the containers themselves.
  const proxies = hasEdge ? findOwnProxies(project, resolved.contents) : NO_PROXIES;
  const routes = hasEdge ? routesOf(project, domains, proxies, problems, notices) : [];
  // Without an edge services publish their ports themselves.
  if (!hasEdge) checkPortConflicts([], project, new Map(), problems);
  const hasRoute = (name: ServiceName): boolean =>
    hasEdge
      ? routes.some((route) => route.service === name)
      : externalProxyOf(project.service(name)) !== undefined;
  const roles = rolesOf(project, hasRoute, edge);
  if (hasEdge) rejectProxiesElsewhere(project, roles, routes, proxies, problems);
  const order = accessoryOrderOf(project, roles);
  const inlined = inlineContents(resolved.config, resolved.contents, problems);
  const keepsPorts = (name: ServiceName): boolean => !hasEdge || roles.get(name)?.role === 'exclusive';
  const split: SplitProject = {
    app: appEnvironment.app,
    environment: appEnvironment.environment,
    placeholder: resolved.placeholder,
    services: splitServicesOf(project, roles, problems),
    routes,
    recreateReason: whyRecreateAll(project, roles),
    ...renderReleaseProject(
      project,
      baseProject(appEnvironment),
      keepsPorts,
      hasEdge ? proxies : undefined,
      domains,
      inlined,
      problems,
    ),
    base: renderBaseProject(project, appEnvironment, proxies, inlined, problems),
    conditions: accessoryConditionsOf(project),
    lateAccessories: order.late,
    accessoryRounds: order.rounds,
    accessoryEndings: accessoryEndingsOf(project),
    confidential: inlined.values,
    buildOnly: project.buildOnly,
    notices: [
      ...notices,
      ...composeNoticesOf(project, roles, proxies, edge),
      ...(hasEdge ? unswitchedNotices(project, roles, routes, proxies) : []),
      ...ambiguousNetworkNotices(project, proxies),
    ],
  };
  problems.throwIfAny();
  return split;
}

function splitServicesOf(
  project: Project,
  roles: ReadonlyMap<ServiceName, ServiceRole>,
  problems: Problems,
): Record<ServiceName, SplitService> {
  const services: Record<ServiceName, SplitService> = {};
  for (const [name, role] of roles) {
    const service = project.service(name);
    const replicas = replicasOf(service);
    if (role.role === 'served') checkReplicas(name, replicas, problems);
    const update = updateConfigOf(name, service, problems);
    const containerName = asText(service['container_name']);
    services[name] = {
      name,
      ...role,
      replicas,
      imageKey: project.released.get(name) ?? name,
      ...(update === undefined ? {} : { update }),
      ...(containerName === undefined ? {} : { containerName }),
    };
  }
  return services;
}

function checkReplicas(name: ServiceName, replicas: number, problems: Problems): void {
  if (replicas > MAX_SERVED_REPLICAS) {
    problems.add(
      `compose-file: service ${name} has ${replicas} replicas, but the edge can serve at most ${MAX_SERVED_REPLICAS} on a host. Lower deploy.replicas, or add hosts.`,
      'services',
      name,
      'deploy',
      'replicas',
    );
  }
  if (replicas < 1) {
    problems.add(
      `compose-file: service ${name} has a route but no replicas. Set deploy.replicas to 1 or more.`,
      'services',
      name,
      'deploy',
      'replicas',
    );
  }
}
