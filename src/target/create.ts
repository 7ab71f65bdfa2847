import { ensureSlotNetworks } from '../edge/networks.ts';
import type { ContainerSummary } from '../engine/engine.ts';
import {
  type Release,
  type ReleaseId,
  releaseProject,
  type ServiceName,
  type Slot,
} from '../model/release.ts';
import type { Part, Replicas } from '../plan/steps.ts';
import { filesToWrite, renderRelease } from '../release/make.ts';
import { compose, confidentialOf } from './compose.ts';
import { containersOf, listed, startRelease } from './containers.ts';
import { serviceOf } from './labels.ts';
import { restoreRestarts } from './restart.ts';
import { moveToSlot } from './slots.ts';
import { releaseById, type Work } from './work.ts';

/**
 * Lets Compose make and start services of a release in a slot; what is there already is left as it is.
 *
 * @param only so many replicas, and then nothing that these services depend on besides
 */
export async function createRelease(
  work: Work,
  id: ReleaseId,
  slot: Slot,
  services: readonly ServiceName[],
  { only }: Replicas = {},
): Promise<string> {
  const release = releaseById(work, id);
  // Before anything is changed: without them nothing can be made.
  const confidential = confidentialOf(work, id);
  const [there] = await Promise.all([listed(work, id), ensureSlotNetworks(work.engine, work.of)]);
  await moveToSlot(work, there, slot);
  const kept = there.filter((container) => services.includes(serviceOf(container) ?? ''));
  if (only === undefined) await Promise.all(kept.map((container) => restoreRestarts(work, container)));
  else await startRelease(work, id, slot, services, { only });
  const some = only === undefined ? { services, options: [] } : missingReplicas(kept, services, only);
  if (some.services.length === 0) return 'all are there';
  const which = [...some.options, ...some.services];
  await writeFilesFirst(work, release, slot, some.services, which);
  // What is brought up in part is brought up service by service, each when its turn has come.
  const alone = only === undefined ? [] : ['--no-deps'];
  const up = ['up', '--detach', '--no-build', '--pull', 'never', '--no-recreate', ...alone, ...which];
  await compose(
    work,
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
  there: readonly ContainerSummary[],
  services: readonly ServiceName[],
  only: Part,
): { readonly services: readonly ServiceName[]; readonly options: readonly string[] } {
  const missing = services.filter(
    (service) => there.filter((each) => serviceOf(each) === service).length < (only[service] ?? 0),
  );
  const scales = missing.map((service) => `--scale=${service}=${only[service]}`);
  return { services: missing, options: scales };
}

/** Compose copies nothing into read-only containers: they are made first, and written to before they start. */
async function writeFilesFirst(
  work: Work,
  release: Release,
  slot: Slot,
  services: readonly ServiceName[],
  which: readonly string[],
): Promise<void> {
  const confidential = confidentialOf(work, release.id);
  const files = filesToWrite(release, confidential, services);
  if (files.size === 0) return;
  const create = ['create', '--no-build', '--pull', 'never', '--no-recreate', ...which];
  await compose(
    work,
    releaseProject(release),
    renderRelease(release, slot),
    confidential,
    create,
    release.health.timeout,
  );
  for (const container of await containersOf(work, release.id, [...files.keys()])) {
    if (container.state === 'running') continue;
    for (const [folder, content] of files.get(serviceOf(container) ?? '') ?? []) {
      await work.engine.writeFiles(container.id, folder, content);
    }
  }
}
