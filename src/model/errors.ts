/**
 * Errors as a person reads them in a red job: what failed and where, the evidence, what to change. The state things
 * were left in ("Nothing was deployed.") is not known where an error is made; the story adds it at the end.
 */

/** A failure that Sealift foresaw and can explain. Printed without a stack trace. */
export class SealiftError extends Error {
  override readonly name: string = 'SealiftError';
  /** Lines that show what was seen: the last log lines, stderr, an answer of the registry. */
  readonly evidence: readonly string[];
  /** Whether the log has these lines already, since they were told as they came. */
  readonly alreadyLogged: boolean;

  constructor(message: string, { evidence, alreadyLogged, cause }: SealiftErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.evidence = evidence ?? [];
    this.alreadyLogged = alreadyLogged ?? false;
  }
}

/** What an error has beside its message. */
export interface SealiftErrorOptions {
  readonly evidence?: readonly string[];
  readonly alreadyLogged?: boolean;
  readonly cause?: unknown;
}

/** The user's to mend: an input, the Compose file, a key. Names the input and the way out. */
export class ConfigurationError extends SealiftError {
  override readonly name = 'ConfigurationError';
}

/** A program that Sealift ran ended with another code than 0. */
export class CommandError extends SealiftError {
  override readonly name = 'CommandError';
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(command: string, exitCode: number | undefined, stderr: string) {
    const lines = stderr.trimEnd().split('\n').filter(Boolean);
    const lastLine = lines.at(-1) ?? 'it said nothing on stderr';
    const ended = exitCode === undefined ? 'was ended by a signal' : `ended with exit code ${exitCode}`;
    super(`${command} ${ended}: ${lastLine}`, { evidence: lines.slice(-20) });
    this.command = command;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Something about one host: unreachable, refused, its engine down, its disk full. */
export class HostError extends SealiftError {
  override readonly name = 'HostError';
  readonly host: string;

  constructor(host: string, message: string, parts: SealiftErrorOptions = {}) {
    super(`${host}: ${message}`, parts);
    this.host = host;
  }
}

/** The text of anything thrown; never empty, never a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof Error && error.message !== '') return error.message;
  const text = String(error);
  return text === '' ? 'an error without a message' : text;
}

/** The text of an error that happened on a host, without the host: for where that is named anyway. */
export function messageWithoutHost(host: string, error: unknown): string {
  const message = messageOf(error);
  return message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
}

/** The text of an error that happened on a host, which is named once; `undefined` is none in particular. */
export function messageWithHost(host: string | undefined, error: unknown): string {
  return host === undefined ? messageOf(error) : `${host}: ${messageWithoutHost(host, error)}`;
}
