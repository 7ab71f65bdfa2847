import type { Action } from '../plan/actions.ts';
import { haveRelease, withEvent, withRelease } from '../release/records.ts';
import { allOrThrow } from '../run/promises.ts';
import { ensureAccessories } from './accessories.ts';
import { restartAdoptedProject, stopAdoptedProject } from './adopt-project.ts';
import { checkHealth } from './check-health.ts';
import { stopServices } from './containers.ts';
import { drainTraffic } from './drain-release.ts';
import {
  ensureEdgeForRelease,
  ensureFrontRuns,
  removeAppEdge,
  removeFrontIfUnused,
  routeDomains,
} from './edge-actions.ts';
import { findEndedServices } from './ended-services.ts';
import { runFinalCheck } from './final-check.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { pullImages } from './host-images.ts';
import { recordReachability } from './live-routes.ts';
import { recordCountersAtStart, recordCountersBeforeBalancing } from './metrics-sampler.ts';
import { pruneReleases } from './prune-releases.ts';
import { runHook } from './run-hook.ts';
import { startServices } from './start-services.ts';
import { balanceReplicas, clearSlotRouting, splitTraffic, switchTraffic } from './traffic-actions.ts';
import { tryPorts } from './try-ports.ts';
import { tryProxies } from './try-proxies.ts';
import { updateRecords } from './update-records.ts';
import { watchRelease } from './watch-release.ts';

/** Actions that begin to find out what visitors reach: the first one of a run does. */
const ASK_WHAT_SERVES: ReadonlySet<Action['kind']> = new Set(['pull-images', 'record-release']);

/** Actions that may run meanwhile. */
const LEAVE_WHAT_SERVES: ReadonlySet<Action['kind']> = new Set([
  'pull-images',
  'record-release',
  'start-services',
]);

/** How many scripts the edge will run soon after an action begins: their execs are prepared meanwhile. */
const FORESEEN_EXECS: Partial<Readonly<Record<Action['kind'], number>>> = {
  // The health check.
  'record-release': 1,
  // The switch, and the drain with it.
  'check-health': 1,
};

/**
 * Performs one action on one host, unless another run may have locked it.
 * @returns one line on what was found, for the log
 */
export async function performAction(context: HostContext, action: Action): Promise<string | undefined> {
  const { records } = context.runState;
  context.lock.assertHeld(context.engine.host);
  if (ASK_WHAT_SERVES.has(action.kind)) recordReachability(context);
  if (!LEAVE_WHAT_SERVES.has(action.kind)) await context.runState.recordsReachability;
  prepareForeseenExecs(context, action);
  switch (action.kind) {
    case 'pull-images': {
      const [note] = await allOrThrow([pullImages(context, action), recordCountersAtStart(context)]);
      return note;
    }
    case 'ensure-edge':
      return ensureEdgeForRelease(context, action);
    case 'try-ports':
      return tryPorts(context, action);
    case 'remove-edge':
      return removeAppEdge(context);
    case 'ensure-front':
      return ensureFrontRuns(context);
    case 'remove-unused-front':
      return removeFrontIfUnused(context);
    case 'route-domains':
      return routeDomains(context, action.release);
    case 'stop-project':
      return stopAdoptedProject(context, action);
    case 'start-project':
      return restartAdoptedProject(context, action);
    case 'ensure-accessories':
      return ensureAccessories(context, action);
    case 'try-proxies':
      return tryProxies(context, action);
    case 'record-release': {
      const release = releaseById(context, action.release);
      // Counted here too, since a plan that only starts existing containers pulls nothing.
      await allOrThrow([
        haveRelease(records, release) ? undefined : updateRecords(context, withRelease(records, release)),
        recordCountersAtStart(context),
        context.runState.keepsImages,
      ]);
      return undefined;
    }
    case 'start-services':
      return startServices(context, action);
    case 'check-health':
      return checkHealth(context, action);
    case 'switch-traffic':
      return switchTraffic(context, action);
    case 'split-traffic':
      return splitTraffic(context, action);
    case 'balance-replicas':
      if (action.newRelease !== undefined) await recordCountersBeforeBalancing(context);
      return balanceReplicas(context, action);
    case 'watch-release':
      return watchRelease(context, action);
    case 'final-check':
      return runFinalCheck(context, action);
    case 'run-hook':
      return runHook(context, action);
    case 'clear-slot':
      return clearSlotRouting(context, action.slot);
    case 'drain-traffic':
      return drainTraffic(context, action);
    case 'stop-services':
      return stopServices(context, action);
    case 'accept-release': {
      const ended = await findEndedServices(context, action.release);
      const entry = {
        ...{ ...historyEntryOf(context, action), fleet: context.fleetHosts },
        ...(ended.length > 0 ? { ended } : {}),
      };
      return updateRecords(context, withEvent(records, { ...entry, event: 'accepted' }));
    }
    case 'record-rollback':
      return updateRecords(
        context,
        withEvent(records, { ...historyEntryOf(context, action), event: 'rolled-back' }),
      );
    case 'prune-releases':
      return pruneReleases(context, action.releases);
  }
}

function prepareForeseenExecs({ engine, runState }: HostContext, { kind }: Action): void {
  const { edge } = runState;
  if (edge === undefined) return;
  for (let execs = FORESEEN_EXECS[kind] ?? 0; execs > 0; execs -= 1) engine.prepareExec(edge);
}

const historyEntryOf = (
  { triggeredBy, releases, runStartedAt, approval }: HostContext,
  { release, previous, command }: Omit<Action<'accept-release'> | Action<'record-rollback'>, 'kind'>,
) => {
  const revision = releases.get(release)?.origin.revision;
  const durationMs = Math.max(0, Date.now() - runStartedAt);
  const at = new Date().toISOString();
  return { at, command, release, previous, revision, durationMs, approval, ...triggeredBy };
};
