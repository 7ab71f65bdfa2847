import type {
  AccessoryCondition,
  ComposeConfig,
  Confidential,
  InlineFile,
  ReleasedService,
  Route,
  ServiceName,
} from '../../model/release.ts';
import { baseProject } from '../../model/release.ts';
import type { EdgeKind } from '../../model/request.ts';
import { conditionsOf, lateAccessoriesOf } from './border.ts';
import { text } from './data.ts';
import { inline } from './inline.ts';
import { noticesOf } from './notices.ts';
import { Problems } from './problems.ts';
import { type Project, tellApart } from './project.ts';
import { proxyOf } from './proxied.ts';
import { refuseModels, refuseRunnerPaths } from './refuse.ts';
import type { Resolved } from './resolve.ts';
import { type RoleOf, rolesOf, whyWholeRecreate } from './roles.ts';
import { type Domains, routesOf, withoutRoutes } from './routes.ts';
import { replicasOf } from './service.ts';
import { baseSide, releaseSide } from './sides.ts';
import { updateOf } from './update.ts';

/** A released service whose image is not known yet. */
export interface SplitService extends Omit<ReleasedService, 'image'> {
  /** Key of its image: a service that is built, or '' for what `${IMAGE}` stands for. */
  readonly imageKey: string;
}

/** A Compose file taken apart: everything of a release but its images, its health check and where it comes from. */
export interface Split {
  readonly app: string;
  readonly environment: string;
  /** What `${IMAGE}` was when the file was resolved; stands in strings until the digest is known. */
  readonly placeholder: string;
  readonly services: Readonly<Record<ServiceName, SplitService>>;
  readonly routes: readonly Route[];
  readonly wholeRecreate: string | undefined;
  readonly compose: ComposeConfig;
  readonly base: ComposeConfig;
  readonly conditions: readonly AccessoryCondition[];
  readonly lateAccessories: readonly ServiceName[];
  readonly files: readonly InlineFile[];
  /** Contents of secrets and configs by variable name. */
  readonly confidential: Confidential;
  /** Lines for the log: what is ignored, what a reader should know. */
  readonly notices: readonly string[];
}

/** More replicas than this the edge has no room for: its config has 24 upstreams for each route and slot. */
const MOST_SERVED = 24;

/**
 * Splits a resolved Compose file into a release and its accessories. Pure.
 * @throws ConfigurationError naming everything that can't be delivered as it is, each with the way out.
 */
export function splitProject(
  resolved: Resolved,
  of: { readonly app: string; readonly environment: string },
  domains: Domains,
  edge: EdgeKind = 'caddy',
): Split {
  const problems = new Problems();
  const notices: string[] = [...resolved.notices];
  for (const problem of resolved.problems) problems.add(problem);
  refuseRunnerPaths(resolved, problems);
  refuseModels(resolved.config, problems);
  const project = tellApart(resolved.config, resolved.placeholder, problems);
  problems.throwIfAny();

  const routes =
    edge === 'none' ? withoutRoutes(project, problems) : routesOf(project, domains, problems, notices);
  const hasWayIn = (name: ServiceName): boolean =>
    edge === 'none'
      ? proxyOf(project.service(name)) !== undefined
      : routes.some((route) => route.service === name);
  const roles = rolesOf(project, hasWayIn, edge);
  const inlined = inline(resolved.config, resolved.contents, problems);
  const keepsPorts = (name: ServiceName): boolean => edge === 'none' || roles.get(name)?.role === 'exclusive';
  const split: Split = {
    app: of.app,
    environment: of.environment,
    placeholder: resolved.placeholder,
    services: servicesOf(project, roles, problems),
    routes,
    wholeRecreate: whyWholeRecreate(project, roles),
    ...releaseSide(project, baseProject(of), keepsPorts, domains, inlined, problems),
    base: baseSide(project, inlined, problems),
    conditions: conditionsOf(project),
    lateAccessories: lateAccessoriesOf(project, problems),
    confidential: inlined.values,
    notices: [...notices, ...noticesOf(project, roles, edge)],
  };
  problems.throwIfAny();
  return split;
}

function servicesOf(
  project: Project,
  roles: ReadonlyMap<ServiceName, RoleOf>,
  problems: Problems,
): Record<ServiceName, SplitService> {
  const services: Record<ServiceName, SplitService> = {};
  for (const [name, role] of roles) {
    const service = project.service(name);
    const replicas = replicasOf(service);
    if (role.role === 'served') checkReplicas(name, replicas, problems);
    const update = updateOf(name, service, problems);
    const containerName = text(service['container_name']);
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
  if (replicas > MOST_SERVED) {
    problems.add(
      `compose-file: service ${name} has ${replicas} replicas, and the edge has room for ${MOST_SERVED} on a host. Lower deploy.replicas, or add hosts.`,
    );
  }
  if (replicas < 1) {
    problems.add(
      `compose-file: service ${name} is asked from outside but has no replicas. Set deploy.replicas to 1 or more.`,
    );
  }
}
