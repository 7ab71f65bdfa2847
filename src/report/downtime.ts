import { formatDuration } from '../model/duration.ts';
import type { ObservedHost } from '../model/host.ts';
import type { Release, ReleaseId, ServiceName } from '../model/release.ts';
import { liveRelease } from '../plan/host-queries.ts';
import type { StepResult } from '../plan/outcome.ts';
import type { Action, StageName } from '../plan/steps.ts';
import { joinWithAnd } from './action-text.ts';

/** For how long services did not answer, because they were stopped before what replaces them was there. */
export interface Downtime {
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
export function downtimeOf(
  steps: readonly StepResult[],
  host: ObservedHost,
  release: Release,
): Downtime | undefined {
  const live = liveRelease(host);
  if (live === undefined || live.id === release.id) return undefined;
  const relevant = steps.filter(({ stage, undo }) => undo || DOWNTIME_STAGES.has(stage));
  const first = relevant.find(({ action }) => stopsAllReplicas(action, live.id));
  if (first?.action.kind !== 'stop-services') return undefined;

  const { services } = first.action;
  const routed = [release, live.observed?.record].flatMap(
    (of) => of?.routes.map(({ service }) => service) ?? [],
  );
  const isRouted = services.some((service) => routed.includes(service));
  const affects = (of: readonly ServiceName[]): boolean => of.some((service) => services.includes(service));

  let serving = live.id;
  let since: number | undefined;
  let total = 0;
  for (const { action, at, took, ok } of relevant) {
    if (stopsAllReplicas(action, serving) && affects(action.services)) since ??= at;
    const arrival = ok ? newlyServing(action, isRouted, services) : undefined;
    if (arrival === undefined) continue;
    serving = arrival;
    if (since !== undefined) total += at + took - since;
    since = undefined;
  }
  const whole = isRouted && routed.every((service) => services.includes(service));
  return total === 0 ? undefined : { services, whole, for: Math.round(total) };
}

/** `nothing answered for 2.1s`, or, where others did: `dns did not answer for 2.1s`. */
export function downtimeText({ services, whole, for: time }: Downtime): string {
  const who = whole ? 'nothing answered' : `${joinWithAnd(services)} did not answer`;
  return `${who} for ${formatDuration(time)}`;
}

/** Before, what is done was done to nothing that serves; after, the release has been accepted. */
const DOWNTIME_STAGES: ReadonlySet<StageName> = new Set(['start', 'check', 'switch']);

/** The release that serves from here on: led by the edge it has the requests, otherwise it was found healthy. */
function newlyServing(
  action: Action,
  isRouted: boolean,
  services: readonly ServiceName[],
): ReleaseId | undefined {
  if (isRouted) return action.kind === 'switch-traffic' ? action.release : undefined;
  const affects =
    action.kind === 'check-health' && action.services.some((service) => services.includes(service));
  return affects ? action.release : undefined;
}

/** Stops all replicas of services of a release. */
const stopsAllReplicas = (
  action: Action,
  release: ReleaseId,
): action is Action & { readonly kind: 'stop-services' } =>
  action.kind === 'stop-services' && action.only === undefined && action.release === release;
