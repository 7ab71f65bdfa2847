import type { HistoryEntry } from '../model/host.ts';
import type { Action } from '../plan/steps.ts';
import { type Records, withEvent, withoutReleases, withRelease } from '../release/records.ts';
import { bringUpAccessories } from './accessories.ts';
import { checkRelease } from './check.ts';
import { removeReleases, startRelease, stopRelease } from './containers.ts';
import { createRelease } from './create.ts';
import { pullImages, removeImages } from './images.ts';
import { saveRecords } from './keeper.ts';
import { lookAgain } from './look.ts';
import { noteCounters, noteMix } from './meter.ts';
import { runHook } from './run-hook.ts';
import * as shares from './shares.ts';
import * as traffic from './traffic.ts';
import { watchRelease } from './watch.ts';
import { releaseById, type Work } from './work.ts';

/** Does one action to one host. Answers a line about what was found, where there is something to say. */
export async function perform(work: Work, action: Action): Promise<string | undefined> {
  switch (action.kind) {
    case 'pull':
      return alongside(noteCounters(work), pullImages(work, action.release));
    case 'edge':
      return traffic.makeEdge(work, action.release, action.forgets);
    case 'remove-edge':
      return traffic.dropEdge(work);
    case 'front':
      return traffic.makeFront(work);
    case 'remove-unused-front':
      return traffic.dropUnusedFront(work);
    case 'domains':
      return traffic.moveDomains(work, action.release);
    case 'accessories':
      return bringUpAccessories(work, action.release, action.services, action.anew);
    case 'record':
      // A plan that goes back to what is there still pulls nothing.
      return alongside(
        noteCounters(work),
        save(work, withRelease(work.kept.records, releaseById(work, action.release))),
      );
    case 'start':
      return action.how === 'start'
        ? startRelease(work, action.release, action.slot, action.services, action)
        : createRelease(work, action.release, action.slot, action.services, action);
    case 'check':
      return checkRelease(work, action);
    case 'switch':
      return shares.moveTraffic(work, action);
    case 'share':
      return shares.shareTraffic(work, action);
    case 'mix':
      if (action.with !== undefined) await noteMix(work);
      return shares.mixTraffic(work, action);
    case 'watch':
      return watchRelease(work, action);
    case 'look':
      return lookAgain(work, action);
    case 'run':
      return runHook(work, action);
    case 'clear':
      return shares.clear(work, action.slot);
    case 'drain':
      return shares.drainTraffic(work, action);
    case 'stop':
      return stopRelease(work, action.release, action.services, action.evidence, action);
    case 'accept':
      return save(work, withEvent(work.kept.records, entry(work, 'accepted', action)));
    case 'turned-back':
      return save(work, withEvent(work.kept.records, entry(work, 'turned-back', action)));
    case 'prune':
      return prune(work, action.releases);
  }
}

/** The answer of the one, and the other is done as well. */
async function alongside<Answer>(other: Promise<void>, one: Promise<Answer>): Promise<Answer> {
  const [answer] = await Promise.all([one, other]);
  return answer;
}

function entry(
  work: Work,
  event: HistoryEntry['event'],
  of: {
    readonly release: string;
    readonly previous: string | undefined;
    readonly command?: HistoryEntry['command'];
  },
): HistoryEntry {
  return {
    at: new Date().toISOString(),
    event,
    release: of.release,
    previous: of.previous,
    actor: work.by.actor,
    runUrl: work.by.runUrl,
    ...(of.command === undefined ? {} : { command: of.command, fleet: work.fleet }),
  };
}

async function save(work: Work, records: Records): Promise<undefined> {
  await saveRecords(work.engine, work.of, records);
  work.kept.records = records;
}

async function prune(work: Work, ids: readonly string[]): Promise<string> {
  const records = work.kept.records.releases;
  const gone = records.filter((release) => ids.includes(release.id));
  await removeReleases(work, ids);
  await removeImages(
    work,
    gone,
    records.filter((release) => !ids.includes(release.id)),
  );
  await save(work, withoutReleases(work.kept.records, ids));
  return `${ids.length} removed`;
}
