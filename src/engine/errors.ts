import { HostError } from '../model/errors.ts';

/** The engine knows no such container, image, network, … */
export class NotFound extends HostError {}

/** The name is taken, the thing is in use, or it is not in the state that the call needs. */
export class Conflict extends HostError {}

/** The host has no room left. */
export class DiskFull extends HostError {}

/** Whether an engine, a registry or a program says that a disk is full. */
export function isDiskFullMessage(text: string): boolean {
  return /no space left on device|disk quota exceeded/i.test(text);
}

/** @param operation what was asked, in words that follow "could not": `start container web-1` */
export function engineDiskFullError(host: string, operation: string, engineMessage: string): DiskFull {
  return new DiskFull(
    host,
    `its disk is full: could not ${operation}. Make room there ("docker system df" shows what takes it, "docker image prune" frees unused images).`,
    { evidence: [engineMessage] },
  );
}

/** An answer of the engine other than success, as an error. `said` is its `message`. */
export function engineError(
  host: string,
  operation: string,
  status: number,
  engineMessage: string,
): HostError {
  if (isDiskFullMessage(engineMessage)) return engineDiskFullError(host, operation, engineMessage);
  const message = `could not ${operation}: ${engineMessage || `the engine answered with status ${status}`}`;
  if (status === 404) return new NotFound(host, message);
  if (status === 409) return new Conflict(host, message);
  return new HostError(host, message);
}
