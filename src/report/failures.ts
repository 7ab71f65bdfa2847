import { messageWithoutHost, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/host-address.ts';
import { joinWithAnd } from '../model/text.ts';

/** Something that went wrong, on a host or as a whole. */
export interface ReportedFailure {
  readonly host: HostName | undefined;
  readonly error: unknown;
}

/** What went wrong, with hosts that say the same in one sentence: `s1 and s2: web exited with code 1`. Pure. */
export function describeFailures(failures: readonly ReportedFailure[]): string {
  const hosts = new Map<string, HostName[]>();
  for (const { host, error } of failures) {
    const message = messageWithoutHost(host ?? '', error);
    const named = hosts.get(message) ?? [];
    hosts.set(message, host === undefined || named.includes(host) ? named : [...named, host]);
  }
  return [...hosts]
    .map(([message, named]) => (named.length === 0 ? message : `${joinWithAnd(named)}: ${message}`))
    .join(' · ');
}

/** All that went wrong as one error, with the evidence of each. Pure. */
export function combineFailures(failures: readonly ReportedFailure[]): SealiftError {
  const errors = failures.flatMap(({ error }) => (error instanceof SealiftError ? error : []));
  const shown = errors.filter(({ evidence }) => evidence.length > 0);
  return new SealiftError(describeFailures(failures), {
    evidence: [...new Set(shown.flatMap(({ evidence }) => evidence))],
    alreadyLogged: shown.every(({ alreadyLogged: told }) => told),
  });
}
