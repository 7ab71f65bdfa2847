import { acceptedRelease, type ClusterRecords } from '../cluster/records.ts';
import type { ClusterRemoval, ClusterRemovalStep } from '../cluster/removal.ts';
import type { SwarmObject } from '../engine/swarm-engine.ts';
import { type AppEnvironment, baseProject, labelsOf } from '../model/app-environment.ts';
import { ConfigurationError, messageOf, SealiftError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { asObject, asText } from '../model/json.ts';
import { thisJob } from '../model/place-words.ts';
import { joinWithAnd } from '../model/text.ts';
import type { StackFile } from '../release/stack/stack-file.ts';
import { pause } from '../run/pause.ts';
import type { ManagerConnection } from './manager-connection.ts';
import { readContents, removeSwarmRecords, removeUnusedContents } from './swarm-objects.ts';
import { stackLabel } from './swarm-state.ts';

/** Milliseconds for the nodes to stop the tasks of services that were removed, and to leave their networks. */
const STACK_REMOVAL_TIMEOUT = 180_000;
const STACK_REMOVAL_INTERVAL = 500;

/**
 * What there is of an app in a swarm: services, networks, secrets, configs and records.
 * @throws ConfigurationError if the stack has a service that Sealift did not make
 */
export async function planStackRemoval(
  managers: ManagerConnection,
  of: AppEnvironment,
  records: ClusterRecords<StackFile>,
): Promise<ClusterRemoval> {
  const stack = baseProject(of);
  const label = [stackLabel(stack)];
  const [services, networks, contents] = await Promise.all([
    managers.use((swarm) => swarm.listServices(label)),
    managers.use((swarm) => swarm.listClusterNetworks(label)),
    managers.use((swarm) => readContents(swarm, of)),
  ]);
  rejectForeignServices(stack, services, of);
  const objects = [...contents.secrets, ...contents.configs];
  const steps: ClusterRemovalStep[] = [];
  if (services.length > 0) {
    steps.push({
      text: `stop and remove ${named('service', services)}`,
      async run(signal) {
        for (const { id } of services) await managers.use((swarm) => swarm.removeService(id));
        await untilGone(
          'the tasks of its services still run',
          signal,
          async () => (await managers.use((swarm) => swarm.listTasks(label))).length === 0,
        );
      },
    });
  }
  if (networks.length > 0) {
    steps.push({
      text: `remove ${named('network', networks)}`,
      // A node leaves it some time after its last task has ended: until then it is refused.
      run: (signal) =>
        untilGone('its networks are still in use', signal, async () => {
          for (const { id } of networks) await managers.use((swarm) => swarm.removeClusterNetwork(id));
          return true;
        }),
    });
  }
  if (objects.length > 0) {
    steps.push({
      text: `remove ${objects.length} secrets and configs`,
      run: (signal) =>
        untilGone('secrets and configs of it are still in use', signal, async () => {
          await managers.use((swarm) => removeUnusedContents(swarm, of, []));
          const { secrets, configs } = await managers.use((swarm) => readContents(swarm, of));
          return secrets.length + configs.length === 0;
        }),
    });
  }
  const { documents, unreadable = [] } = records;
  if (documents.length + unreadable.length > 0) {
    steps.push({
      text: `remove the records of ${records.releases.length === 1 ? 'one release' : `${records.releases.length} releases`}`,
      run: () => managers.use((swarm) => removeSwarmRecords(swarm, of, documents, unreadable)),
    });
  }
  return { live: acceptedRelease(records)?.id, steps, kept: volumesOf(stack, records) };
}

const named = (what: string, objects: readonly SwarmObject[]): string =>
  `${what}${objects.length === 1 ? '' : 's'} ${joinWithAnd(
    objects.map(({ name }) => name).sort((one, other) => one.localeCompare(other)),
  )}`;

function rejectForeignServices(stack: string, services: readonly SwarmObject[], of: AppEnvironment): void {
  const own = Object.entries(labelsOf(of));
  const foreign = services.filter(({ labels }) => own.some(([key, value]) => labels[key] !== value));
  if (foreign.length === 0) return;
  throw new ConfigurationError(
    `The stack ${stack} has services that Sealift did not make: ${joinWithAnd(foreign.map(({ name }) => name))}. Nothing of it is removed. Remove them by hand first, or check "${inputRef('app')}" and "${inputRef('environment')}".`,
  );
}

/** The volumes that tasks had on their nodes. No manager reaches them. */
function volumesOf(stack: string, { releases }: ClusterRecords<StackFile>): ClusterRemoval['kept'] {
  const names = releases.flatMap(({ definition }) =>
    Object.entries(definition.volumes)
      .filter(([, volume]) => asObject(volume)['external'] === undefined)
      .map(([key, volume]) => asText(asObject(volume)['name']) ?? `${stack}_${key}`),
  );
  const volumes = [...new Set(names)];
  return volumes.length === 0 ? undefined : { volumes, command: `docker volume rm ${volumes.join(' ')}` };
}

/** @param isGone may fail until it is so */
async function untilGone(what: string, signal: AbortSignal, isGone: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + STACK_REMOVAL_TIMEOUT;
  for (;;) {
    signal.throwIfAborted();
    let why = '';
    try {
      if (await isGone()) return;
    } catch (error) {
      why = `: ${messageOf(error)}`;
    }
    if (performance.now() > end)
      throw new SealiftError(
        `${what} after ${STACK_REMOVAL_TIMEOUT / 1000} s${why}. Run ${thisJob()} again.`,
      );
    await pause(STACK_REMOVAL_INTERVAL, signal);
  }
}
