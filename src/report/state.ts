import { messageWithout, SealiftError } from '../model/errors.ts';
import type { ReleaseId } from '../model/release.ts';
import type { Failure, Outcome } from '../plan/outcome.ts';
import type { Action } from '../plan/steps.ts';
import { refusedText, trafficText } from './aftermath.ts';
import { sayOnce, type Trouble } from './failures.ts';
import { liveOn } from './hosts.ts';
import type { HostReport } from './report.ts';
import { list, sentence } from './words.ts';

export type TurnedBack = Outcome & { readonly kind: 'turned-back' };

/** The state that a failed run leaves, in a sentence: what each host serves now, not what was meant. Pure. */
export function stateOf(hosts: readonly HostReport[], wanted: ReleaseId, outcome: TurnedBack): string {
  if (hosts.some(({ stuck }) => stuck)) return stuckText(hosts, outcome);
  return whatServes(hosts, wanted, outcome) + mendedText(hosts);
}

function whatServes(hosts: readonly HostReport[], wanted: ReleaseId, { steps }: TurnedBack): string {
  if (hosts.every(({ is }) => is === undefined)) {
    const as = hosts.every(isAsBefore) ? ', as before' : '';
    return `Nothing is live${as}; accessories, networks and volumes that were made stay.`;
  }
  const live = liveOn(hosts);
  if (live === wanted) return `${wanted} has the traffic, as before; what was to be mended is not.`;
  if (live !== undefined) return `${trafficText(live, steps)}; ${refusedText(wanted, steps)}.`;
  const all = hosts.every(isAsBefore) ? 'Every host serves what it served before' : 'The hosts serve';
  return `${all} (${each(hosts)}); ${refusedText(wanted, steps)}.`;
}

const isAsBefore = ({ was, is }: HostReport): boolean => was === is;

/** Hosts that serve another release than before, although this run has failed. */
function mendedText(hosts: readonly HostReport[]): string {
  const others = hosts.filter((host) => !isAsBefore(host));
  if (others.length === 0) return '';
  const before = others.map(({ host, was }) => `${host}: ${was ?? 'nothing'}`).join(', ');
  return ` An interrupted run had left ${list(others.map(({ host }) => host))} otherwise (${before}): that was mended first.`;
}

function stuckText(hosts: readonly HostReport[], { failures, left }: TurnedBack): string {
  // A host that is lost says so once, however much it refused.
  const said = new Set(failures.map(({ host, error }) => messageWithout(host ?? '', error)));
  const first = new Map([...left].reverse().map((failure) => [failure.host, failure]));
  const news: Trouble[] = [...first.values()].filter(isCheck).map(notUp);
  for (const each of first.values()) {
    if (!isCheck(each) && !said.has(messageWithout(each.host ?? '', each.error))) news.push(each);
  }
  const why = news.length === 0 ? '' : ` ${sentence(sayOnce(news))}`;
  const where = list(hosts.filter((host) => host.stuck === true).map(({ host }) => host));
  const well = hosts.filter((host) => host.stuck !== true);
  const as = well.every(isAsBefore) ? 'what they served before ' : '';
  const others = well.length === 0 ? '' : ` The others serve ${as}(${each(well)}).`;
  const known = hosts.filter((host) => host.stuck === true && host.unknown !== true);
  const asked = known.every(isAsBefore) ? 'as before ' : '';
  const serving = known.length === 0 ? '' : ` Requests are answered ${asked}on ${each(known)}.`;
  const what = left.length === 0 ? 'MENDED' : 'TAKEN BACK';
  return `NOT EVERYTHING COULD BE ${what} on ${where}.${why}${serving}${others} Look at ${where} now.`;
}

type Checked = Failure & { readonly action: Action & { readonly kind: 'check' } };

const isCheck = (failure: Failure): failure is Checked => failure.action?.kind === 'check';

/** The former release may fail for the same reason as the new one did; that is not said yet. */
const notUp = ({ host, action, error }: Checked): Trouble => ({
  host,
  error: new SealiftError(`${action.release} did not come up again: ${messageWithout(host ?? '', error)}`),
});

const each = (hosts: readonly HostReport[]): string =>
  hosts.map(({ host, is }) => `${host}: ${is ?? 'nothing'}`).join(', ');
