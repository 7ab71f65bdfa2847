import { removeUnusedFront } from '../edge/front.ts';
import { leaveFront } from '../edge/leave-front.ts';
import type { Engine } from '../engine/engine.ts';
import { Conflict } from '../engine/errors.ts';
import type { AppEnvironment } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import type { InventoryContainer } from '../model/inventory.ts';
import type { Log } from '../model/log.ts';
import {
  type HostRemoval,
  keptVolumes,
  planRemoval,
  type RemovalAction,
  type RemovalOptions,
  type RemovalStep,
  removalObstacle,
} from '../plan/removal.ts';
import { allOrThrow } from '../run/promises.ts';
import { ignoreNotFound } from './containers.ts';
import { removeEnvironmentImages } from './environment-images.ts';
import type { FleetLock } from './fleet-lock.ts';
import { takeInventory } from './inventory.ts';
import { type HookContext, runPreStop } from './lifecycle-hooks.ts';

export interface RemovalRun extends RemovalOptions {
  readonly dryRun: boolean;
  /** When the run began, by `performance.now()`. */
  readonly startedAt: number;
  readonly lock: Pick<FleetLock, 'assertHeld'>;
  readonly onStepEnd: (host: HostName, step: RemovalStep, error: unknown) => void;
  readonly log: Log;
  /** Aborted when the job is cancelled: no further step begins. */
  readonly signal: AbortSignal;
}

/**
 * Takes an environment away from one host. It ends with the first step that fails; a later run continues there. If something is
 * in the way, nothing is changed.
 */
export async function removeEnvironment(
  engine: Engine,
  appEnvironment: AppEnvironment,
  run: RemovalRun,
): Promise<HostRemoval> {
  const inventory = await takeInventory(engine, appEnvironment);
  const obstacle = removalObstacle(inventory, run);
  const planned = planRemoval(inventory, run);
  const releases = new Map(inventory.releases.map((release) => [release.id, release]));
  const context = { engine, releases, log: run.log, signal: run.signal, jobCancelled: false };
  const steps: RemovalStep[] = [];
  let error: unknown = obstacle && new HostError(engine.host, obstacle);
  for (const action of run.dryRun || obstacle !== undefined ? [] : planned) {
    if (run.signal.aborted) {
      error = run.signal.reason;
      break;
    }
    const start = performance.now();
    let note: string | undefined;
    try {
      run.lock.assertHeld(engine.host);
      note = await performRemoval(context, appEnvironment, action);
    } catch (thrown) {
      error = thrown;
    }
    const at = start - run.startedAt;
    const step = { action, at, took: performance.now() - start, ok: error === undefined, note };
    steps.push(step);
    run.onStepEnd(engine.host, step, error);
    if (error !== undefined) break;
  }
  const { host, live } = inventory;
  return { host, live, planned, keptVolumes: keptVolumes(inventory, run), steps, error };
}

async function performRemoval(
  context: HookContext,
  appEnvironment: AppEnvironment,
  action: RemovalAction,
): Promise<string | undefined> {
  const { engine } = context;
  switch (action.kind) {
    case 'release-domains':
      await leaveFront(engine, appEnvironment, action.container);
      return undefined;
    case 'remove-front':
      return (await removeUnusedFront(engine)) ? undefined : 'another app uses it by now';
    case 'remove-containers':
      await stopAndRemove(context, action.containers, action.keepVolumes);
      return undefined;
    case 'remove-networks':
      await allOrThrow(action.networks.map(({ id }) => engine.removeNetwork(id)));
      return undefined;
    case 'remove-images':
      return removeEnvironmentImages(engine, action.images);
    case 'remove-volumes':
      await allOrThrow(action.volumes.map(({ name }) => engine.removeVolume(name)));
      return undefined;
    case 'remove-state':
      await stopAndRemove(context, action.containers, false);
      if (action.volume !== undefined) await engine.removeVolume(action.volume);
      return undefined;
  }
}

/** Stopped first, after its `pre_stop`, each in its own stop_grace_period: a database that keeps its volume must close its files. */
async function stopAndRemove(
  context: HookContext,
  containers: readonly InventoryContainer[],
  keepVolumes: boolean,
): Promise<void> {
  const { engine } = context;
  await allOrThrow(
    containers.map(async ({ anonymousVolumes, running, ...container }) => {
      const { id } = container;
      if (running) await runPreStop(context, container);
      await engine.stopContainer(id).catch(ignoreNotFound);
      await engine.removeContainer(id, { force: true, keepVolumes });
      if (!keepVolumes) await removeAnonymousVolumes(engine, anonymousVolumes);
    }),
  );
}

/**
 * Where Compose has replaced a container, the new one got the anonymous volumes of the former one by their names, so the engine does
 * not remove them with it. One that another container has, too, stays.
 */
async function removeAnonymousVolumes(engine: Engine, volumes: readonly string[]): Promise<void> {
  await allOrThrow(
    volumes.map((name) =>
      engine.removeVolume(name).catch((error: unknown) => {
        if (!(error instanceof Conflict)) throw error;
      }),
    ),
  );
}
