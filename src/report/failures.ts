import { messageWithout, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/host.ts';
import { list } from './words.ts';

/** Something that went wrong, on a host or as a whole. */
export interface Trouble {
  readonly host: HostName | undefined;
  readonly error: unknown;
}

/** What went wrong, with hosts that say the same in one sentence: `s1 and s2: web exited with code 1`. Pure. */
export function sayOnce(troubles: readonly Trouble[]): string {
  const hosts = new Map<string, HostName[]>();
  for (const { host, error } of troubles) {
    const message = messageWithout(host ?? '', error);
    const named = hosts.get(message) ?? [];
    hosts.set(message, host === undefined || named.includes(host) ? named : [...named, host]);
  }
  return [...hosts]
    .map(([message, named]) => (named.length === 0 ? message : `${list(named)}: ${message}`))
    .join(' · ');
}

/** All that went wrong as one error, with the evidence of each. Pure. */
export function gathered(troubles: readonly Trouble[]): SealiftError {
  const errors = troubles.flatMap(({ error }) => (error instanceof SealiftError ? error : []));
  const shown = errors.filter(({ evidence }) => evidence.length > 0);
  return new SealiftError(sayOnce(troubles), {
    evidence: [...new Set(shown.flatMap(({ evidence }) => evidence))],
    told: shown.every(({ told }) => told),
  });
}
