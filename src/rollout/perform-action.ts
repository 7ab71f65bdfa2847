import type { HistoryEntry } from '../model/history.ts';
import type { Action } from '../plan/actions.ts';
import { type Records, withEvent, withoutReleases, withRelease } from '../release/records.ts';
import { ensureAccessories } from './accessories.ts';
import { checkHealth } from './check-health.ts';
import { removeReleaseContainers, startExistingContainers, stopServices } from './containers.ts';
import * as traffic from './edge-actions.ts';
import { runFinalCheck } from './final-check.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { pullImages, removeImages } from './host-images.ts';
import { recordCountersAtStart, recordCountersBeforeBalancing } from './metrics-sampler.ts';
import { runHook } from './run-hook.ts';
import { startServices } from './start-services.ts';
import { saveRecords } from './state-store.ts';
import * as shares from './traffic-actions.ts';
import { watchRelease } from './watch-release.ts';

/** Does one action to one host. Answers a line about what was found, where there is something to say. */
export async function performAction(context: HostContext, action: Action): Promise<string | undefined> {
  switch (action.kind) {
    case 'pull-images':
      return inParallel(recordCountersAtStart(context), pullImages(context, action.release));
    case 'ensure-edge':
      return traffic.ensureEdgeForRelease(context, action.release, action.resetTraffic);
    case 'remove-edge':
      return traffic.removeAppEdge(context);
    case 'ensure-front':
      return traffic.ensureFrontRuns(context);
    case 'remove-unused-front':
      return traffic.removeFrontIfUnused(context);
    case 'route-domains':
      return traffic.routeDomains(context, action.release);
    case 'ensure-accessories':
      return ensureAccessories(context, action.release, action.services, action.recreate);
    case 'record-release':
      // A plan that goes back to what is there still pulls nothing.
      return inParallel(
        recordCountersAtStart(context),
        updateRecords(context, withRelease(context.runState.records, releaseById(context, action.release))),
      );
    case 'start-services':
      return action.how === 'start'
        ? startExistingContainers(context, action.release, action.slot, action.services, action)
        : startServices(context, action.release, action.slot, action.services, action);
    case 'check-health':
      return checkHealth(context, action);
    case 'switch-traffic':
      return shares.switchTraffic(context, action);
    case 'split-traffic':
      return shares.splitTraffic(context, action);
    case 'balance-replicas':
      if (action.newRelease !== undefined) await recordCountersBeforeBalancing(context);
      return shares.balanceReplicas(context, action);
    case 'watch-release':
      return watchRelease(context, action);
    case 'final-check':
      return runFinalCheck(context, action);
    case 'run-hook':
      return runHook(context, action);
    case 'clear-slot':
      return shares.clearSlotRouting(context, action.slot);
    case 'drain-traffic':
      return shares.drainTraffic(context, action);
    case 'stop-services':
      return stopServices(context, action.release, action.services, action.evidence, action);
    case 'accept-release':
      return updateRecords(
        context,
        withEvent(context.runState.records, createHistoryEntry(context, 'accepted', action)),
      );
    case 'record-rollback':
      return updateRecords(
        context,
        withEvent(context.runState.records, createHistoryEntry(context, 'rolled-back', action)),
      );
    case 'prune-releases':
      return pruneReleases(context, action.releases);
  }
}

/** The answer of the one, and the other is done as well. */
async function inParallel<Answer>(other: Promise<void>, one: Promise<Answer>): Promise<Answer> {
  const [answer] = await Promise.all([one, other]);
  return answer;
}

function createHistoryEntry(
  context: HostContext,
  event: HistoryEntry['event'],
  action: {
    readonly release: string;
    readonly previous: string | undefined;
    readonly command?: HistoryEntry['command'];
  },
): HistoryEntry {
  return {
    at: new Date().toISOString(),
    event,
    release: action.release,
    previous: action.previous,
    actor: context.triggeredBy.actor,
    runUrl: context.triggeredBy.runUrl,
    ...(action.command === undefined ? {} : { command: action.command, fleet: context.fleetHosts }),
  };
}

async function updateRecords(context: HostContext, records: Records): Promise<undefined> {
  await saveRecords(context.engine, context.appEnvironment, records);
  context.runState.records = records;
}

async function pruneReleases(context: HostContext, ids: readonly string[]): Promise<string> {
  const records = context.runState.records.releases;
  const gone = records.filter((release) => ids.includes(release.id));
  await removeReleaseContainers(context, ids);
  await removeImages(
    context,
    gone,
    records.filter((release) => !ids.includes(release.id)),
  );
  await updateRecords(context, withoutReleases(context.runState.records, ids));
  return `${ids.length} removed`;
}
