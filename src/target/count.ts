import type { ContainerDetails } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { Release, ServiceName } from '../model/release.ts';
import type { Part, Replicas } from '../plan/steps.ts';
import { serviceOf } from './labels.ts';
import type { Work } from './work.ts';

/** @throws HostError when a service has fewer containers than are meant, beyond those that may fail */
export function proveCounts(
  work: Pick<Work, 'engine'>,
  release: Release,
  containers: readonly ContainerDetails[],
  { services, only, after }: Replicas & { readonly services: readonly ServiceName[] },
  tolerate: Part = {},
): void {
  for (const name of services) {
    const whole = only === undefined ? (release.services[name]?.replicas ?? 1) : (only[name] ?? 0);
    const wanted = whole - (after?.[name] ?? 0);
    const found = containers.filter((container) => serviceOf(container) === name).length;
    if (found + (tolerate[name] ?? 0) < wanted)
      throw new HostError(work.engine.host, `${name} has ${found} of ${wanted} containers.`);
  }
}
