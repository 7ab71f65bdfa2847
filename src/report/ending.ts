import { messageWithout } from '../model/errors.ts';
import type { HostName, ObservedHost } from '../model/host.ts';
import type { Release, ReleaseId } from '../model/release.ts';
import type { Outcome, StepResult } from '../plan/outcome.ts';
import { liveRelease, servesWholly } from '../plan/situation.ts';
import { isMove, refusedText, trafficText } from './aftermath.ts';
import { sayOnce } from './failures.ts';
import type { HostReport, Result } from './report.ts';
import { silenceOf } from './silence.ts';
import { list, sentence } from './words.ts';

/** How a run ended: what each host serves now and why, and that in a sentence. Every word about it is made from this. */
export interface Ending {
  readonly result: Result;
  readonly state: string;
  readonly hosts: readonly HostReport[];
  /** The one release that every host serves; `undefined` when they differ, when none does, or when one is not known. */
  readonly live: ReleaseId | undefined;
}

/** How carrying out a plan ended, from what was there before and what was done. Pure. */
export function endingOf(
  before: readonly ObservedHost[],
  release: Release,
  event: 'accepted' | 'rolled-back',
  outcome: Outcome,
): Ending {
  const hosts = before.map((observed) => hostEnding(observed, release, outcome));
  const touched = outcome.steps.some(isTouch);
  return outcome.kind === 'done'
    ? ending(event === 'rolled-back' ? 'rolled-back' : 'deployed', hosts, `${release.id} is live.`)
    : touched
      ? ending('turned-back', hosts, stateOf(hosts, release.id, outcome) + warningOf(before, outcome))
      : ending('failed', hosts, 'Nothing was deployed.');
}

/** Every host was as wanted already. Pure. */
export function unchanged(before: readonly ObservedHost[], { id }: Release): Ending {
  const hosts = before.map(({ host }) => ({ host, was: id, is: id, why: 'already live', kept: [] }));
  return ending('unchanged', hosts, NOTHING_CHANGED);
}

export const NOTHING_CHANGED = 'Nothing was changed.';

/** The one release that all of these hosts serve. */
export function liveOn(hosts: readonly HostReport[]): ReleaseId | undefined {
  const [first, ...others] = new Set(hosts.map(({ is, unknown }) => (unknown ? undefined : is)));
  return others.length === 0 ? first : undefined;
}

const ending = (result: Result, hosts: readonly HostReport[], state: string): Ending => ({
  result,
  hosts,
  state,
  live: liveOn(hosts),
});

/** Pulled images change nothing that anybody would notice. */
const isTouch = ({ stage }: StepResult): boolean => stage !== 'pull';

function hostEnding(observed: ObservedHost, release: Release, outcome: Outcome): HostReport {
  const { host } = observed;
  const was = liveRelease(observed)?.id;
  const steps = outcome.steps.filter((step) => step.host === host);
  const silence = silenceOf(steps, observed, release);
  const report = { host, was, kept: [], ...(silence === undefined ? {} : { silence }) };
  if (outcome.kind === 'done') {
    return { ...report, is: release.id, why: steps.length === 0 ? 'already live' : 'healthy' };
  }
  const left = outcome.left.filter((failure) => failure.host === host);
  const [first] = left;
  if (first === undefined) return { ...report, is: servedAtLast(steps, was), why: why(host, steps, outcome) };
  const cause = messageWithout(host, first.error);
  return left.some(({ action }) => action === undefined || !CLEANING.has(action.kind))
    ? { ...report, is: undefined, unknown: true, stuck: true, why: `COULD NOT BE MOVED BACK: ${cause}` }
    : {
        ...report,
        is: servedAtLast(steps, was),
        stuck: true,
        why: `NOT EVERYTHING COULD BE TAKEN BACK: ${cause}`,
      };
}

/** Undos that matter to no request: what is served is known although they failed. */
const CLEANING: ReadonlySet<string> = new Set([
  'stop',
  'drain',
  'turned-back',
  'remove-edge',
  'remove-unused-front',
]);

/** Where the traffic went last: an interrupted run is mended before anything else, and that is not taken back. */
function servedAtLast(steps: readonly StepResult[], was: ReleaseId | undefined): ReleaseId | undefined {
  const last = steps.findLast(
    ({ action, ok }) => ok && (action.kind === 'switch' || action.kind === 'clear'),
  );
  if (last === undefined) return was;
  return last.action.kind === 'switch' ? last.action.release : undefined;
}

type TurnedBack = Outcome & { readonly kind: 'turned-back' };

function why(host: HostName, steps: readonly StepResult[], { failures }: TurnedBack): string {
  const own = failures.filter((failure) => failure.host === host);
  if (own.length > 0) return own.map(({ error }) => messageWithout(host, error)).join(' · ');
  if (!steps.some(isTouch)) return 'not touched';
  const back = steps.some(isMove) ? 'moved back' : 'taken back';
  const others = failures.flatMap((failure) => failure.host ?? []);
  if (others.length > 0) return `${back} with ${list(others)}`;
  return failures.some(({ cancelled }) => cancelled === true)
    ? `${back}, because the job was cancelled`
    : `${back}, because url did not answer as expected`;
}

/** The state that a failed run leaves, in a sentence: what each host serves now, not what was meant. */
function stateOf(hosts: readonly HostReport[], wanted: ReleaseId, outcome: TurnedBack): string {
  if (outcome.left.length > 0) return stuck(hosts, outcome);
  if (hosts.every(({ is }) => is === undefined)) {
    return 'Nothing is live, as before; accessories, networks and volumes that were made stay.';
  }
  const live = liveOn(hosts);
  if (live === wanted) return `${wanted} has the traffic, as before; what was to be mended is not.`;
  if (live !== undefined) {
    return `${trafficText(live, outcome.steps)}; ${refusedText(wanted, outcome.steps)}.`;
  }
  return `Every host serves what it served before (${each(hosts)}); ${refusedText(wanted, outcome.steps)}.`;
}

/** A host is left as it was found; that may not have been well. */
function warningOf(before: readonly ObservedHost[], { steps }: TurnedBack): string {
  const ailing = before.filter((observed) => {
    const live = liveRelease(observed);
    const mended = steps.some(
      ({ host, ok, action }) =>
        ok && host === observed.host && action.kind === 'check' && action.release === live?.id,
    );
    return live?.observed !== undefined && !servesWholly(live.observed) && !mended;
  });
  if (ailing.length === 0) return '';
  const where = list(ailing.map(({ host }) => host));
  return ` But what serves did not run in full on ${where} when this began, and was not mended: look at it now.`;
}

function stuck(hosts: readonly HostReport[], { failures, left }: TurnedBack): string {
  // A host that is lost says so once, however much it refused.
  const said = new Set(failures.map(({ host, error }) => messageWithout(host ?? '', error)));
  const first = new Map([...left].reverse().map((failure) => [failure.host, failure]));
  const news = [...first.values()].filter(({ host, error }) => !said.has(messageWithout(host ?? '', error)));
  const why = news.length === 0 ? '' : ` ${sentence(sayOnce(news))}`;
  const where = list(hosts.filter((host) => host.stuck === true).map(({ host }) => host));
  const well = hosts.filter((host) => host.stuck !== true);
  const others = well.length === 0 ? '' : ` The others serve what they served before (${each(well)}).`;
  const known = hosts.filter((host) => host.stuck === true && host.unknown !== true);
  const serving = known.length === 0 ? '' : ` Requests are answered as before on ${each(known)}.`;
  return `NOT EVERYTHING COULD BE TAKEN BACK on ${where}.${why}${serving}${others} Look at ${where} now.`;
}

const each = (hosts: readonly HostReport[]): string =>
  hosts.map(({ host, is }) => `${host}: ${is ?? 'nothing'}`).join(', ');
