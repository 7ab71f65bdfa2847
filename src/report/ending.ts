import { messageWithout } from '../model/errors.ts';
import type { HostName, ObservedHost } from '../model/host.ts';
import type { Release, ReleaseId } from '../model/release.ts';
import type { Failure, Outcome, StepResult } from '../plan/outcome.ts';
import { liveRelease, servesWholly } from '../plan/situation.ts';
import type { Action, Placed } from '../plan/steps.ts';
import { isMove } from './aftermath.ts';
import { liveOn } from './hosts.ts';
import type { HostReport, Result } from './report.ts';
import { silenceOf } from './silence.ts';
import { stateOf, type TurnedBack } from './state.ts';
import { list } from './words.ts';

/** How a run ended: what each host serves now and why, and that in a sentence. Every word about it is made from this. */
export interface Ending {
  readonly result: Result;
  readonly state: string;
  readonly hosts: readonly HostReport[];
  /** The one release that every host serves; `undefined` when they differ, when none does, or when one is not known. */
  readonly live: ReleaseId | undefined;
}

/** How carrying out a plan ended, from what was there before and what was done. Pure. */
export function endingOf(before: readonly ObservedHost[], release: Release, outcome: Outcome): Ending {
  const hosts = before.map((observed) => hostEnding(observed, release, outcome));
  const touched = outcome.steps.some(isTouch);
  return outcome.kind === 'done'
    ? ending('deployed', hosts, `${release.id} is live.`)
    : touched
      ? ending('turned-back', hosts, stateOf(hosts, release.id, outcome) + warningOf(before, hosts, outcome))
      : ending('failed', hosts, 'Nothing was deployed.');
}

/** Every host was as wanted already. Pure. */
export function unchanged(before: readonly ObservedHost[], { id }: Release): Ending {
  const hosts = before.map(({ host }) => ({ host, was: id, is: id, why: 'already live', kept: [] }));
  return ending('unchanged', hosts, NOTHING_CHANGED);
}

export const NOTHING_CHANGED = 'Nothing was changed.';

const ending = (result: Result, hosts: readonly HostReport[], state: string): Ending => ({
  result,
  hosts,
  state,
  live: liveOn(hosts),
});

/** Images that come, or go with tries that failed, change nothing that anybody would notice. */
const isTouch = ({ stage, action }: StepResult): boolean => stage !== 'pull' && action.kind !== 'prune';

function hostEnding(observed: ObservedHost, release: Release, outcome: Outcome): HostReport {
  const { host } = observed;
  const was = liveRelease(observed)?.id;
  const steps = outcome.steps.filter((step) => step.host === host);
  const silence = silenceOf(steps, observed, release);
  const report = { host, was, kept: [], ...(silence === undefined ? {} : { silence }) };
  if (outcome.kind === 'done') {
    return { ...report, is: release.id, why: steps.length === 0 ? 'already live' : 'healthy' };
  }
  const halfway = outcome.failures.find((failure) => failure.host === host && isUnmended(failure));
  if (halfway !== undefined) {
    const cause = messageWithout(host, halfway.error);
    return { ...report, is: undefined, unknown: true, stuck: true, why: `COULD NOT BE MENDED: ${cause}` };
  }
  const left = outcome.left.filter((failure) => failure.host === host);
  const [first] = left;
  if (first === undefined)
    return { ...report, is: servedAtLast(steps, observed), why: why(host, steps, outcome) };
  const cause = messageWithout(host, first.error);
  // Where no edge leads to either release, what runs serves.
  const edgeless = ledAtLast(steps, observed) === undefined && release.routes.length === 0;
  return edgeless || left.some(({ action }) => action === undefined || !CLEANING.has(action.kind))
    ? { ...report, is: undefined, unknown: true, stuck: true, why: `COULD NOT BE MOVED BACK: ${cause}` }
    : {
        ...report,
        is: servedAtLast(steps, observed),
        stuck: true,
        why: `NOT EVERYTHING COULD BE TAKEN BACK: ${cause}`,
      };
}

/** What serves after a move that failed is not known, and nothing takes back what is mended. */
const isUnmended = ({ stage, action }: Failure): boolean =>
  stage === 'recover' && action !== undefined && MENDING.has(action.kind);

const MENDING: ReadonlySet<string> = new Set(['switch', 'mix', 'clear', 'accept', 'turned-back']);

/** Undos that matter to no request: what is served is known although they failed. */
const CLEANING: ReadonlySet<string> = new Set([
  'stop',
  'drain',
  'turned-back',
  'remove-edge',
  'remove-unused-front',
]);

/** What serves at last: an interrupted run is mended before anything else, and that is not taken back. */
function servedAtLast(steps: readonly StepResult[], observed: ObservedHost): ReleaseId | undefined {
  const traffic = ledAtLast(steps, observed);
  if (traffic !== undefined || observed.traffic !== undefined) return traffic?.release;
  // Where no edge leads anywhere what is accepted serves, as a history says that may have been mended.
  const said = steps
    .filter(({ ok, stage }) => ok && stage === 'recover')
    .map(({ action }) => action)
    .findLast(({ kind }) => kind === 'accept' || kind === 'turned-back');
  if (said?.kind === 'accept') return said.release;
  return said?.kind === 'turned-back' ? said.previous : liveRelease(observed)?.id;
}

/** Where the traffic went last. */
const ledAtLast = (steps: readonly StepResult[], { traffic }: ObservedHost): Placed | undefined =>
  steps
    .filter(({ ok }) => ok)
    .reduce<Placed | undefined>((before, { action }) => ledBy(action, before), traffic);

/** Where all requests go after an action, or most of them. Emptying another slot takes none from the one that is asked. */
function ledBy(action: Action, before: Placed | undefined): Placed | undefined {
  if (action.kind === 'switch' || action.kind === 'mix') return action;
  return action.kind === 'clear' && action.slot === before?.slot ? undefined : before;
}

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

/** A host is left as it was found; that may not have been well. */
function warningOf(
  before: readonly ObservedHost[],
  hosts: readonly HostReport[],
  { steps }: TurnedBack,
): string {
  const ailing = before.filter((observed) => {
    const live = liveRelease(observed);
    const moved = hosts.some(({ host, is }) => host === observed.host && is !== live?.id);
    const mended = steps.some(
      ({ host, ok, action }) =>
        ok && host === observed.host && action.kind === 'check' && action.release === live?.id,
    );
    return live?.observed !== undefined && !servesWholly(live.observed) && !moved && !mended;
  });
  if (ailing.length === 0) return '';
  const where = list(ailing.map(({ host }) => host));
  return ` But what serves did not run in full on ${where} when this began, and was not mended: look at it now.`;
}
