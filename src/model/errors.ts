import type { HostName } from './identifiers.ts';

/**
 * Errors for a person who reads a failed job: what failed, where, the evidence, what to change. The code that throws does
 * not know in which state things are left ("Nothing was deployed."); the report adds that.
 */

/** A key of a file of the checkout that an error is about. */
export interface ConfigurationPlace {
  /** Files that may have it, relative to the checkout; the first one that does counts. */
  readonly files: readonly string[];
  /** `['services', 'web', 'ports']` */
  readonly path: readonly string[];
  /** What is wrong there. */
  readonly problem: string;
}

/** A failure that Sealift can explain. Printed without a stack trace. */
export class SealiftError extends Error {
  override readonly name: string = 'SealiftError';
  /** Lines that show the cause: the last log lines, stderr, a reply of the registry. */
  readonly evidence: readonly string[];
  /** Whether these lines are in the log already. */
  readonly alreadyLogged: boolean;
  /** Where in a file it is, as far as that is known. */
  readonly places: readonly ConfigurationPlace[];

  constructor(message: string, { evidence, alreadyLogged, places, cause }: SealiftErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.evidence = evidence ?? [];
    this.alreadyLogged = alreadyLogged ?? false;
    this.places = places ?? [];
  }
}

interface SealiftErrorOptions {
  readonly evidence?: readonly string[];
  readonly alreadyLogged?: boolean;
  readonly places?: readonly ConfigurationPlace[];
  readonly cause?: unknown;
}

/** A mistake of the user, in an input, the Compose file or a key. The message names it and says what to change. */
export class ConfigurationError extends SealiftError {
  override readonly name = 'ConfigurationError';
}

/** A program that Sealift ran did not end with an allowed exit code. */
export class CommandError extends SealiftError {
  override readonly name = 'CommandError';
  /** `undefined`: a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(command: string, exitCode: number | undefined, stderr: string) {
    const lines = stderr.trimEnd().split('\n').filter(Boolean);
    const lastLine = lines.at(-1) ?? 'it printed nothing to stderr';
    const end = exitCode === undefined ? 'was ended by a signal' : `ended with exit code ${exitCode}`;
    super(`${command} ${end}: ${lastLine}`, { evidence: lines.slice(-20) });
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** A failure of one host: it is unreachable, refuses the login, its engine is down or its disk full. */
export class HostError extends SealiftError {
  override readonly name = 'HostError';

  constructor(host: HostName, message: string, options: SealiftErrorOptions = {}) {
    super(`${host}: ${message}`, options);
  }
}

/** The message of any thrown value; never empty, never a stack trace. */
export function messageOf(error: unknown): string {
  if (error instanceof Error && error.message !== '') return error.message;
  const text = String(error);
  return text === '' ? 'an error without a message' : text;
}

/** The message of an error without the name of its host, for places that name it themselves; `undefined` means no particular host. */
export function messageWithoutHost(host: HostName | undefined, error: unknown): string {
  const message = messageOf(error);
  if (host === undefined) return message;
  return message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
}

/** The message of an error with the name of its host once; `undefined` means no particular host. */
export function messageWithHost(host: HostName | undefined, error: unknown): string {
  return host === undefined ? messageOf(error) : `${host}: ${messageWithoutHost(host, error)}`;
}

/** Whether an error only says that `signal` was aborted. */
export function isCausedByAbort(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  for (let each = error; each !== undefined; each = each instanceof Error ? each.cause : undefined) {
    if (each === signal.reason || (each instanceof Error && each.name === 'AbortError')) return true;
  }
  return false;
}
