import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';

/** The engine has no such container, image, network, … (status 404). */
export class NotFound extends HostError {}

/** The name is taken, the object is in use, or its state does not allow the call (status 409). */
export class Conflict extends HostError {}

/** The engine could not pull an image. */
export class PullRefused extends HostError {
  /** The engine's own words. */
  readonly said: string;

  constructor(host: HostName, operation: string, said: string) {
    super(host, `could not ${operation}: ${said}`, { evidence: [said] });
    this.said = said;
  }
}

/** The engine says nothing more of a pull: its registry took the connection and sends nothing. */
export class PullStalled extends HostError {}

/** Whether these words of an engine or a program say that nothing more can be written. */
export const isDiskFull = (text: string): boolean =>
  /no space left on device|disk quota exceeded/i.test(text);

/** @param operation completes "could not …" */
export const hostDiskFullError = (
  host: HostName,
  operation: string,
  evidence: readonly string[],
): HostError =>
  new HostError(
    host,
    `its disk is full: could not ${operation}. Free some space: "docker system df" shows what uses it, "docker image prune" removes unused images.`,
    { evidence },
  );

/**
 * The error for a call that failed.
 *
 * @param operation completes "could not …": `start container web-1`
 * @param engineMessage the engine's own words; may be empty
 * @param status of the answer; a failure that is reported after the status has none
 */
export function engineError(
  host: HostName,
  operation: string,
  engineMessage: string,
  status?: number,
): HostError {
  if (isDiskFull(engineMessage)) return hostDiskFullError(host, operation, [engineMessage]);
  const message = `could not ${operation}: ${engineMessage || `the engine answered with status ${status}`}`;
  if (status === 404) return new NotFound(host, message);
  if (status === 409) return new Conflict(host, message);
  return new HostError(host, message);
}
