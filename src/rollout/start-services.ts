import { ensureSlotNetworks } from '../edge/networks.ts';
import type { ContainerSummary } from '../engine/engine.ts';
import { releaseProject } from '../model/app-environment.ts';
import type { ComposeConfig } from '../model/compose-config.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject, mapValues, withoutKeys } from '../model/json.ts';
import type { Action } from '../plan/actions.ts';
import type { ReplicaCounts } from '../plan/replica-counts.ts';
import { filesToWrite, renderRelease } from '../release/make-release.ts';
import { allOrThrow } from '../run/promises.ts';
import { serviceOf } from './compose-labels.ts';
import { inspectReplicas, listReplicas } from './containers.ts';
import { findDoneServices } from './ended-services.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { restoreRestartPolicy } from './restart-policy.ts';
import { requireConfidential, runCompose } from './run-compose.ts';
import { moveToSlot } from './slots.ts';
import { startExistingContainers } from './start-existing.ts';

type StartServicesAction = Omit<Action<'start-services'>, 'kind'>;

/**
 * Starts services of a release in a slot. Containers that exist are started again; Compose creates the others. What has done
 * its work is not started again, whatever depends on it. With `only`, just so many replicas start, and nothing that these services depend on.
 *
 * @returns what was started
 * @throws HostError if Compose still waits for dependencies after `health-timeout` and a minute
 * @throws ConfigurationError if containers must be created and the contents of their secrets are not known
 */
export async function startServices(context: HostContext, action: StartServicesAction): Promise<string> {
  const { release: id, slot, how, only } = action;
  if (how === 'start') return startExistingContainers(context, action);
  const release = releaseById(context, id);
  // Before anything is changed: without the contents nothing can be created.
  const confidential = requireConfidential(context, id);
  const [all] = await allOrThrow([
    listReplicas(context, { release: id }),
    ensureSlotNetworks(context.engine, context.appEnvironment),
  ]);
  await moveToSlot(context, all, slot);
  const done = await findDoneServices(context, release);
  const services = action.services.filter((name) => !done.has(name));
  const existing = all.filter((container) => services.includes(serviceOf(container) ?? ''));
  if (only === undefined)
    await Promise.all(existing.map((container) => restoreRestartPolicy(context, container)));
  else await startExistingContainers(context, { release: id, slot, services, only });

  const missing = only === undefined ? services : servicesToScaleUp(existing, services, only);
  if (missing.length === 0) return 'all replicas exist';
  const project = releaseProject(release);
  const compose = (...args: readonly string[]): Promise<void> => {
    const config = withoutDependenciesOn(renderRelease(release, slot), done);
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
  const alone = only === undefined ? [] : ['--no-deps'];
  await compose('up', '--detach', ...create, ...alone, ...scales, ...missing);
  return `project ${project}`;
}

/** Compose would start these again with what depends on them. */
function withoutDependenciesOn(config: ComposeConfig, done: ReadonlySet<ServiceName>): ComposeConfig {
  return {
    ...config,
    services: mapValues(config.services, (service) =>
      service['depends_on'] === undefined
        ? service
        : { ...service, depends_on: withoutKeys(asObject(service['depends_on']), ...done) },
    ),
  };
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
