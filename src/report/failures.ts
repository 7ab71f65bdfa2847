import { ConfigurationError, messageOf, messageWithoutHost, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { configurationMessage } from '../model/input-ref.ts';
import { briefLine, plainText, shortenBetweenWords } from '../model/plain-text.ts';
import { joinWithAnd } from '../model/text.ts';
import { quoteOutput } from './log-text.ts';
import { sentence } from './text-format.ts';

/** A failure of one host, or of no host alone. */
export interface ReportedFailure {
  readonly host: HostName | undefined;
  readonly error: unknown;
}

/** All failures in one line; hosts with the same error share one entry: `s1 and s2: web exited with code 1`. Pure. */
export function describeFailures(failures: readonly ReportedFailure[]): string {
  const hosts = new Map<string, Set<HostName>>();
  for (const { host, error } of failures) {
    const message = messageWithoutHost(host, error);
    const same = hosts.get(message) ?? new Set();
    hosts.set(message, host === undefined ? same : same.add(host));
  }
  return [...hosts]
    .map(([message, same]) => (same.size === 0 ? message : `${joinWithAnd([...same])}: ${message}`))
    .join(' · ');
}

/** All failures as one error, with the evidence of each. Pure. */
export function combineFailures(failures: readonly ReportedFailure[]): SealiftError {
  const errors = failures.flatMap(({ error }) => (error instanceof SealiftError ? error : []));
  const withEvidence = errors.filter(({ evidence }) => evidence.length > 0);
  return new SealiftError(describeFailures(failures), {
    evidence: [...new Set(withEvidence.flatMap(({ evidence }) => evidence))],
    alreadyLogged: withEvidence.every(({ alreadyLogged }) => alreadyLogged),
  });
}

/** What a failed job reports. */
export interface FailureText {
  /** One sentence or more: what failed, where, what to change. */
  readonly cause: string;
  /** For the annotation: the cause, and the state that things are in. */
  readonly headline: string;
  /** The evidence. */
  readonly details: readonly string[];
  /** The evidence for the log, unless the log has it already. */
  readonly lines: readonly string[];
}

/** In characters: it may quote an input of any length, and nobody reads more of it. */
const MAX_CAUSE_LENGTH = 10_000;

/** A mistake in an input begins with its name. Other errors begin with hosts and services, which may have the name of an input. */
const named = (error: unknown): string =>
  error instanceof ConfigurationError ? configurationMessage(messageOf(error)) : messageOf(error);

/** Mistakes, one in each line: as many as there is room for, and how many there are more. */
function briefMistakes(text: string): string {
  const lines = text.split('\n').map(briefLine);
  let length = 0;
  const kept = lines.findIndex((line) => {
    length += line.length + 1;
    return length > MAX_CAUSE_LENGTH - 100;
  });
  return kept < 1
    ? lines.join('\n')
    : `${lines.slice(0, kept).join('\n')} There are ${lines.length - kept} more.`;
}

/** The texts for an error and the state that things were left in. Pure. */
export function failureText(error: unknown, state: string): FailureText {
  // It may quote an input, a server or a program.
  const text = plainText(named(error));
  const brief = error instanceof ConfigurationError ? briefMistakes(text) : text;
  const cause = sentence(shortenBetweenWords(brief, MAX_CAUSE_LENGTH));
  const headline = `${cause} ${state}`;
  if (!(error instanceof SealiftError)) return { cause, headline, details: [], lines: [] };
  const { evidence, alreadyLogged } = error;
  return { cause, headline, details: evidence, lines: alreadyLogged ? [] : quoteOutput(evidence) };
}
