import { ensureSlotNetworks } from '../edge/networks.ts';
import type { ContainerSummary } from '../engine/engine.ts';
import {
  type Release,
  type ReleaseId,
  releaseProject,
  type ServiceName,
  type Slot,
} from '../model/release.ts';
import type { ReplicaCounts, ReplicaRange } from '../plan/steps.ts';
import { filesToWrite, renderRelease } from '../release/make-release.ts';
import { serviceOf } from './compose-labels.ts';
import { inspectReleaseContainers, listReleaseContainers, startExistingContainers } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { restoreRestartPolicy } from './restart-policy.ts';
import { requireConfidential, runComposeWithTimeout } from './run-compose.ts';
import { moveToSlot } from './slots.ts';

/**
 * Lets Compose make and start services of a release in a slot; what is there already is left as it is.
 *
 * @param only so many replicas, and then nothing that these services depend on besides
 */
export async function startServices(
  context: HostContext,
  id: ReleaseId,
  slot: Slot,
  services: readonly ServiceName[],
  { only }: ReplicaRange = {},
): Promise<string> {
  const release = releaseById(context, id);
  // Before anything is changed: without them nothing can be made.
  const confidential = requireConfidential(context, id);
  const [existing] = await Promise.all([
    listReleaseContainers(context, id),
    ensureSlotNetworks(context.engine, context.appEnvironment),
  ]);
  await moveToSlot(context, existing, slot);
  const existingForServices = existing.filter((container) => services.includes(serviceOf(container) ?? ''));
  if (only === undefined)
    await Promise.all(existingForServices.map((container) => restoreRestartPolicy(context, container)));
  else await startExistingContainers(context, id, slot, services, { only });
  const missing =
    only === undefined ? { services, options: [] } : missingReplicas(existingForServices, services, only);
  if (missing.services.length === 0) return 'all are there';
  const which = [...missing.options, ...missing.services];
  await createAndWriteFiles(context, release, slot, missing.services, which);
  // What is brought up in part is brought up service by service, each when its turn has come.
  const alone = only === undefined ? [] : ['--no-deps'];
  const up = ['up', '--detach', '--no-build', '--pull', 'never', '--no-recreate', ...alone, ...which];
  await runComposeWithTimeout(
    context,
    releaseProject(release),
    renderRelease(release, slot),
    confidential,
    up,
    release.health.timeout,
  );
  return `project ${releaseProject(release)}`;
}

/** The services that have fewer replicas than asked for, and what tells Compose how many there are to be. */
function missingReplicas(
  existing: readonly ContainerSummary[],
  services: readonly ServiceName[],
  only: ReplicaCounts,
): { readonly services: readonly ServiceName[]; readonly options: readonly string[] } {
  const missing = services.filter(
    (service) => existing.filter((each) => serviceOf(each) === service).length < (only[service] ?? 0),
  );
  const scales = missing.map((service) => `--scale=${service}=${only[service]}`);
  return { services: missing, options: scales };
}

/** Compose copies nothing into read-only containers: they are made first, and written to before they start. */
async function createAndWriteFiles(
  context: HostContext,
  release: Release,
  slot: Slot,
  services: readonly ServiceName[],
  which: readonly string[],
): Promise<void> {
  const confidential = requireConfidential(context, release.id);
  const files = filesToWrite(release, confidential, services);
  if (files.size === 0) return;
  const create = ['create', '--no-build', '--pull', 'never', '--no-recreate', ...which];
  await runComposeWithTimeout(
    context,
    releaseProject(release),
    renderRelease(release, slot),
    confidential,
    create,
    release.health.timeout,
  );
  for (const container of await inspectReleaseContainers(context, release.id, [...files.keys()])) {
    if (container.state === 'running') continue;
    for (const [folder, content] of files.get(serviceOf(container) ?? '') ?? []) {
      await context.engine.writeFiles(container.id, folder, content);
    }
  }
}
