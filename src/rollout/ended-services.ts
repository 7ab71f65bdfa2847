import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import { endingOf, type Release } from '../model/release.ts';
import { hasSucceeded } from '../plan/host-queries.ts';
import { endedServices } from '../release/ended-services.ts';
import { listAccessories } from './accessory-containers.ts';
import { serviceOf } from './compose-labels.ts';
import { inspectAll, inspectReplicas } from './containers.ts';
import type { HostContext } from './host-context.ts';

/** Services of a release, and accessories, that may end and have ended with 0, for the history. */
export async function findEndedServices(
  context: HostContext,
  id: ReleaseId,
): Promise<readonly ServiceName[]> {
  const release = context.releases.get(id);
  const candidates = servicesThat(release, 'maybe');
  const accessories = Object.keys(release?.accessoryEndings ?? {});
  return [
    ...(candidates.length === 0 ? [] : await succeededServices(context, id, candidates)),
    ...(accessories.length === 0 ? [] : await succeededAccessories(context, accessories)),
  ];
}

async function succeededAccessories(
  context: HostContext,
  names: readonly ServiceName[],
): Promise<readonly ServiceName[]> {
  const containers = await inspectAll(context.engine, await listAccessories(context));
  return names.filter((name) => containers.some((each) => serviceOf(each) === name && hasSucceeded(each)));
}

/** Services of a release that are not started any more: their work is done, in this run or in an earlier one. */
export async function findDoneServices(
  context: HostContext,
  release: Release,
): Promise<ReadonlySet<ServiceName>> {
  const ended = endedServices(release, context.runState.records.history);
  const candidates = servicesThat(release, 'always').filter((name) => !ended.includes(name));
  const succeeded = candidates.length === 0 ? [] : await succeededServices(context, release.id, candidates);
  return new Set([...ended, ...succeeded]);
}

const servicesThat = (release: Release | undefined, ending: 'maybe' | 'always'): readonly ServiceName[] =>
  Object.values(release?.services ?? {})
    .filter((service) => endingOf(service) === ending)
    .map(({ name }) => name);

/** Those of `services` that have containers, all of which have ended with 0. */
async function succeededServices(
  context: HostContext,
  release: ReleaseId,
  services: readonly ServiceName[],
): Promise<readonly ServiceName[]> {
  const containers = await inspectReplicas(context, { release, services });
  return services.filter((name) => {
    const own = containers.filter((each) => serviceOf(each) === name);
    return own.length > 0 && own.every(hasSucceeded);
  });
}
