import { formatDuration } from '../model/duration.ts';
import type { ObservedHost } from '../model/host.ts';
import type { Release, ReleaseId, ServiceName } from '../model/release.ts';
import type { StepResult } from '../plan/outcome.ts';
import { liveRelease } from '../plan/situation.ts';
import type { Action } from '../plan/steps.ts';
import { list } from './words.ts';

/** For how long services did not answer, because they were stopped before what replaces them was there. */
export interface Silence {
  readonly services: readonly ServiceName[];
  /** Whether it was all that answers requests. */
  readonly whole: boolean;
  /** Milliseconds. */
  readonly for: number;
}

/**
 * Measured by the steps: from the stop of what served until its successor was checked and has the requests, or, taken back,
 * until it serves again. `undefined`: something answered all the time, or nothing did before. Pure.
 *
 * @param steps of one host, in order
 */
export function silenceOf(
  steps: readonly StepResult[],
  host: ObservedHost,
  release: Release,
): Silence | undefined {
  const live = liveRelease(host);
  if (live === undefined || live.id === release.id) return undefined;
  const relevant = steps.filter(({ stage, undo }) => undo || MOVING.has(stage));
  const first = relevant.find(({ action }) => stops(action, live.id));
  if (first?.action.kind !== 'stop') return undefined;

  const { services } = first.action;
  const routed = [release, live.observed?.record].flatMap(
    (of) => of?.routes.map(({ service }) => service) ?? [],
  );
  const led = services.some((service) => routed.includes(service));
  const mine = (of: readonly ServiceName[]): boolean => of.some((service) => services.includes(service));

  let serving = live.id;
  let since: number | undefined;
  let total = 0;
  for (const { action, at, took, ok } of relevant) {
    if (stops(action, serving) && mine(action.services)) since ??= at;
    const arrival = ok ? arrived(action, led, services) : undefined;
    if (arrival === undefined) continue;
    serving = arrival;
    if (since !== undefined) total += at + took - since;
    since = undefined;
  }
  const whole = led && routed.every((service) => services.includes(service));
  return total === 0 ? undefined : { services, whole, for: Math.round(total) };
}

/** `nothing answered for 2.1s`, or, where others did: `dns did not answer for 2.1s`. */
export function silenceText({ services, whole, for: time }: Silence): string {
  const who = whole ? 'nothing answered' : `${list(services)} did not answer`;
  return `${who} for ${formatDuration(time)}`;
}

/** Before, what is done was done to nothing that serves; after, the release has been accepted. */
const MOVING: ReadonlySet<string> = new Set(['start', 'check', 'switch']);

/** The release that serves from here on: led by the edge it has the requests, otherwise it was found healthy. */
function arrived(action: Action, led: boolean, services: readonly ServiceName[]): ReleaseId | undefined {
  if (led) return action.kind === 'switch' ? action.release : undefined;
  const mine = action.kind === 'check' && action.services.some((service) => services.includes(service));
  return mine ? action.release : undefined;
}

/** Stops all replicas of services of a release. */
const stops = (action: Action, release: ReleaseId): action is Action & { readonly kind: 'stop' } =>
  action.kind === 'stop' && action.only === undefined && action.release === release;
