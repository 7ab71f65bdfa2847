import type { ContainerDetails } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { Release, ServiceName } from '../model/release.ts';
import type { ReplicaCounts, ReplicaRange } from '../plan/steps.ts';
import { serviceOf } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';

/** @throws HostError when a service has fewer containers than are meant, beyond those that may fail */
export function verifyReplicaCounts(
  context: Pick<HostContext, 'engine'>,
  release: Release,
  containers: readonly ContainerDetails[],
  { services, only, after }: ReplicaRange & { readonly services: readonly ServiceName[] },
  tolerate: ReplicaCounts = {},
): void {
  for (const name of services) {
    const whole = only === undefined ? (release.services[name]?.replicas ?? 1) : (only[name] ?? 0);
    const wanted = whole - (after?.[name] ?? 0);
    const found = containers.filter((container) => serviceOf(container) === name).length;
    if (found + (tolerate[name] ?? 0) < wanted)
      throw new HostError(context.engine.host, `${name} has ${found} of ${wanted} containers.`);
  }
}
