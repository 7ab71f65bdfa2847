import type { ServiceName } from '../../model/identifiers.ts';
import type { Project } from './classify-services.ts';
import { httpPortsOf, streamPortsOf } from './port-protocol.ts';
import { mountsOf, replicasOf, updateOrder } from './service.ts';

/** Data that two of a service must not write at the same time. */

/**
 * A service that alone writes to a volume is most likely a database, and two database servers on one directory destroy it (in
 * containers PostgreSQL's lock file does not help: both are process 1). `order: start-first` says that two may run.
 */
export function whyDataExclusive(project: Project, name: ServiceName): string | undefined {
  const service = project.service(name);
  if (updateOrder(service) === 'start-first' || replicasOf(service) > 1) return undefined;
  const sources = writableMounts(project, name);
  if (sources.length === 0) return undefined;
  const others = Object.entries(project.config.services).filter(([other]) => other !== name);
  const mounted = new Set(others.flatMap(([, other]) => mountsOf(other).map((mount) => mount.source)));
  const own = sources.find((source) => !mounted.has(source));
  return own === undefined
    ? undefined
    : `it alone writes to ${own} (if two may, set deploy.update_config.order: start-first)`;
}

/** Named volumes and folders of the server to which a service can write. */
export function writableMounts(project: Project, name: ServiceName): readonly string[] {
  return mountsOf(project.service(name))
    .filter((mount) => !mount.readOnly && (mount.type === 'volume' || mount.type === 'bind'))
    .map((mount) => mount.source)
    .filter((source) => source !== undefined)
    .filter((source) => !/\.sock$|^\/(etc|dev|proc|sys|run|var\/run|tmp)(\/|$)/.test(source));
}

/** The same of a service whose published ports are all passed through: those of databases are. */
export const whyStreamsExclusive = (project: Project, name: ServiceName): string | undefined =>
  streamPortsOf(project.service(name)).length > 0 && httpPortsOf(project.service(name)).length === 0
    ? whyDataExclusive(project, name)
    : undefined;
