import type { HostName } from '../model/identifiers.ts';
import { joinWithAnd } from '../model/text.ts';
import type { HostReachability, Outcome } from '../plan/outcome.ts';
import type { DeploymentHost } from './host-report.ts';

/** What a failed run says of visitors who do not reach what is live. Pure. */

/** A host's report with what was asked there, as far as it did not answer. */
export function withReachability(report: DeploymentHost, outcome: Outcome): DeploymentHost {
  const found = reachabilityOn(outcome, report.host);
  const [before, now] = [problemsOf(found, 'before'), problemsOf(found, 'after')];
  return {
    ...report,
    ...(before.length === 0 ? {} : { unreachableBefore: before }),
    ...(now.length === 0
      ? {}
      : {
          unreachable: now,
          why: `${report.why} · ${found?.after?.partly ? 'NOT ALL OF IT ANSWERS' : 'NOBODY REACHES IT'}: ${now.join('; ')}`,
        }),
  };
}

const reachabilityOn = (outcome: Outcome, host: HostName): HostReachability | undefined =>
  outcome.kind === 'succeeded' ? undefined : outcome.reachability?.get(host);

const problemsOf = (found: HostReachability | undefined, when: keyof HostReachability): readonly string[] =>
  found?.[when]?.problems ?? [];

/** Sentences, each after a space; empty if visitors reach what is live and did before. */
export function reachabilityText(hosts: readonly DeploymentHost[], outcome: Outcome): string {
  const dead = hosts.filter(({ unreachable }) => unreachable !== undefined);
  const revived = hosts.filter(
    ({ unreachable, unreachableBefore }) => unreachable === undefined && unreachableBefore !== undefined,
  );
  return [
    ...dead.map(({ host, is = 'the app', unreachable = [] }) => {
      const found = reachabilityOn(outcome, host);
      const what = found?.after?.partly ? `NOT ALL OF ${is} ANSWERS` : `NOBODY REACHES ${is}`;
      return ` ${what} on ${host}: ${unreachable.join('; ')}.${beforeText(found)}`;
    }),
    ...revived.map(({ host, was = 'the app', unreachableBefore = [] }) => {
      const what = reachabilityOn(outcome, host)?.before?.partly
        ? `not all of ${was} answered`
        : `nobody reached ${was}`;
      return ` Before this run ${what} on ${host}: ${unreachableBefore.join('; ')}.`;
    }),
    ...(dead.length === 0 ? [] : [` Look at ${joinWithAnd(dead.map(({ host }) => host))} now.`]),
  ].join('');
}

/** Empty if it is not known: the run failed before it could ask. */
function beforeText(found: HostReachability | undefined): string {
  if (found?.before === undefined) return '';
  const { problems, partly } = found.before;
  if (problems.length === 0) return ' It was reached before this run.';
  return partly ? ` Before this run: ${problems.join('; ')}.` : ' It was not reached before this run either.';
}
