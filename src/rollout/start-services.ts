import type { ContainerSummary } from '../engine/engine.ts';
import { releaseProject, type Slot } from '../model/app-environment.ts';
import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import type { ReplicaCounts } from '../plan/replica-counts.ts';
import { filesToWrite, renderRelease } from '../release/make-release.ts';
import { startGroups } from '../release/start-order.ts';
import { allOrThrow } from '../run/promises.ts';
import { type AwaitedConditions, awaitCondition, conditionsWithin } from './await-dependencies.ts';
import { serviceOf } from './compose-labels.ts';
import { inspectReplicas, listReplicas } from './containers.ts';
import { findDoneServices } from './ended-services.ts';
import { withRecordsHeld } from './hold-records.ts';
import { type HostContext, releaseById } from './host-context.ts';
import type { KnownContainer } from './known-containers.ts';
import { restoreRestartPolicy } from './restart-policy.ts';
import { requireConfidential, runCompose } from './run-compose.ts';
import { ensureNetworksOfSlots, moveToSlot } from './slots.ts';
import { startExistingContainers } from './start-existing.ts';
import { withoutDependenciesOn } from './without-dependencies.ts';

type StartServicesAction = Omit<Action<'start-services'>, 'kind'>;

/**
 * Starts services of a release in a slot. Containers that exist are started again; Compose creates the others. What has done
 * its work is not started again, whatever depends on it. What others wait for is healthy or done before these start. With `only`, just so many replicas start, and nothing that these services depend on.
 *
 * @returns what was started
 * @throws HostError if something that others wait for is not healthy or done in `health-timeout`
 * @throws ConfigurationError if containers must be created and the contents of their secrets are not known
 */
export async function startServices(context: HostContext, action: StartServicesAction): Promise<string> {
  const { release: id, slot, how, only } = action;
  if (how === 'start') return startExistingContainers(context, action);
  const release = releaseById(context, id);
  // Before anything is changed: without the contents nothing can be created.
  const confidential = requireConfidential(context, id);
  const all = await prepareSlot(context, id, slot);
  const done = await findDoneServices(context, release);
  const services = action.services.filter((name) => !done.has(name));
  const existing = all.filter((container) => services.includes(serviceOf(container) ?? ''));
  if (only === undefined)
    await Promise.all(existing.map((container) => restoreRestartPolicy(context, container)));
  else await startExistingContainers(context, { release: id, slot, services, only });

  const missing = only === undefined ? services : servicesToScaleUp(existing, services, only);
  if (missing.length === 0) return 'all replicas exist';
  const project = releaseProject(release);
  context.runState.knownContainers.expect(id, namesInProject(release, missing, only));
  const ready = new Set(done);
  const rendered = await withRecordsHeld(context.engine, release, renderRelease(release, slot));
  const compose = (...args: readonly string[]): Promise<void> => {
    const config = withoutDependenciesOn(rendered, ready);
    const { timeout } = release.health;
    return runCompose(context, project, config, confidential, args, { timeout });
  };
  const scales = only === undefined ? [] : missing.map((service) => `--scale=${service}=${only[service]}`);
  const create = ['--no-build', '--pull', 'never', '--no-recreate'];

  // Compose copies nothing into read-only containers: they are created, then written to, then started.
  const files = filesToWrite(release, confidential, missing);
  if (files.size > 0) {
    await compose('create', ...create, ...scales, ...missing);
    for (const container of await inspectReplicas(context, { release: id, services: [...files.keys()] })) {
      if (container.state === 'running') continue;
      for (const [folder, content] of files.get(serviceOf(container) ?? '') ?? [])
        await context.engine.writeFiles(container.id, folder, content);
    }
  }
  // A part of the replicas starts without dependencies, which have steps of their own.
  const up = ['up', '--detach', ...create];
  if (only !== undefined) await compose(...up, '--no-deps', ...scales, ...missing);
  else {
    const awaited = conditionsWithin(release, missing);
    for (const group of startGroups(release.compose.services, missing)) {
      await compose(...up, ...group);
      for (const name of group) ready.add(name);
      await awaitDependencies(context, release, group, awaited);
    }
  }
  return `project ${project}`;
}

/** The containers of a release that exist, in a slot whose networks exist. Nothing is asked where the run knows that there is none. */
async function prepareSlot(
  context: HostContext,
  id: ReleaseId,
  slot: Slot,
): Promise<readonly ContainerSummary[]> {
  const isNew = context.runState.knownContainers.areNone(id);
  const [all] = await allOrThrow([
    isNew ? [] : listReplicas(context, { release: id }),
    ensureNetworksOfSlots(context),
  ]);
  await moveToSlot(context, all, slot);
  return all;
}

/** The names that Compose gives the containers of services. */
const namesInProject = (
  release: Release,
  services: readonly ServiceName[],
  only: ReplicaCounts | undefined,
): readonly KnownContainer[] =>
  services.flatMap((service) =>
    Array.from(
      { length: only?.[service] ?? release.services[service]?.replicas ?? 1 },
      (_, index): KnownContainer => ({
        id: `${releaseProject(release)}-${service}-${index + 1}`,
        labels: { 'com.docker.compose.service': service },
      }),
    ),
  );

/** Waits for what others wait for. */
async function awaitDependencies(
  context: HostContext,
  release: Release,
  services: readonly ServiceName[],
  awaited: AwaitedConditions,
): Promise<void> {
  const isAwaited = (name: ServiceName): boolean =>
    [...(awaited.get(name)?.keys() ?? [])].some((condition) => condition !== 'service_started');
  const names = services.filter(isAwaited);
  if (names.length === 0) return;
  const replicas = await listReplicas(context, { release: release.id, services: names });
  for (const condition of ['service_completed_successfully', 'service_healthy'] as const)
    await awaitCondition(context, release, replicas, awaited, condition);
}

/** The services that have fewer containers than `only` asks for. */
const servicesToScaleUp = (
  existing: readonly ContainerSummary[],
  services: readonly ServiceName[],
  only: ReplicaCounts,
): readonly ServiceName[] =>
  services.filter(
    (service) => existing.filter((each) => serviceOf(each) === service).length < (only[service] ?? 0),
  );
