import { formatDuration } from '../model/duration.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import type { Action } from '../plan/actions.ts';
import { liveRelease } from '../plan/host-queries.ts';
import type { StepResult } from '../plan/outcome.ts';
import type { StageName } from '../plan/plan.ts';
import { lostProxiedPorts, proxiesOf } from '../plan/proxies.ts';

/** Services and accessories that did not answer, because they had to stop before their successors could start. */
export interface Downtime {
  readonly services: readonly ServiceName[];
  /** Whether no service with a route answered. */
  readonly complete: boolean;
  readonly durationMs: number;
}

/**
 * How long services did not answer: those of the release, and accessories that were replaced. `undefined` if there was always an
 * answer, or no live release before. Pure.
 *
 * @param steps of one host, in order
 */
export function downtimeOf(
  steps: readonly StepResult[],
  host: ObservedHost,
  release: Release,
): Downtime | undefined {
  const parts = [downtimeOfServices(steps, host, release), downtimeOfAccessories(steps, host, release)];
  const [first, ...others] = parts.filter((part) => part !== undefined);
  return first && others.reduce(joinDowntimes, first);
}

const joinDowntimes = (one: Downtime, other: Downtime): Downtime => ({
  services: [...new Set([...one.services, ...other.services])],
  complete: one.complete || other.complete,
  durationMs: one.durationMs + other.durationMs,
});

/** An accessory serves again when it, or the former one, is proven to. */
function downtimeOfAccessories(
  steps: readonly StepResult[],
  host: ObservedHost,
  release: Release,
): Downtime | undefined {
  const replaced = steps.filter(({ interrupted }) => interrupted !== undefined);
  if (liveRelease(host) === undefined || replaced.length === 0) return undefined;
  const services = [...new Set(replaced.flatMap(({ interrupted }) => interrupted?.services ?? []))];
  // The former proxy sends requests to a port that the new edge does not have.
  let since = withoutPort(steps, host, release);
  let total = 0;
  for (const { interrupted, ok } of replaced) {
    if (interrupted === undefined) continue;
    since ??= interrupted.from;
    if (!ok) continue;
    total += interrupted.to - since;
    since = undefined;
  }
  if (since !== undefined) total += Math.max(...steps.map(({ at, took }) => at + took)) - since;
  const onlyBehindProxies = release.routes.every(
    ({ upstream, published, domains }) => upstream !== undefined && published.length + domains.length === 0,
  );
  const proxies = proxiesOf(release);
  const complete =
    proxies.length > 0 && onlyBehindProxies && proxies.every((proxy) => services.includes(proxy));
  return { services, complete, durationMs: Math.round(total) };
}

/** When the edge was replaced by one without a port to which the proxies that run send requests. */
function withoutPort(steps: readonly StepResult[], host: ObservedHost, release: Release): number | undefined {
  const live = liveRelease(host)?.record;
  if (live === undefined || lostProxiedPorts(live, release).length === 0) return undefined;
  return steps.find(
    ({ action, undo }) => !undo && action.kind === 'ensure-edge' && action.change === 'replace',
  )?.at;
}

/**
 * Measured by the steps: from the stop of services until their successors are checked and have the traffic, or, after a
 * rollback, until they serve again. `undefined` if there was always an answer, or no live release before. Pure.
 *
 * @param steps of one host, in order
 */
function downtimeOfServices(
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
    (each) => each?.routes.map(({ service }) => service) ?? [],
  );
  const isRouted = services.some((service) => routed.includes(service));

  let serving = live.id;
  let since: number | undefined;
  let total = 0;
  for (const { action, at, took, ok } of relevant) {
    if (stopsAllReplicas(action, serving) && overlap(action.services, services)) since ??= at;
    const successor = ok ? newlyServing(action, isRouted, services) : undefined;
    if (successor === undefined) continue;
    serving = successor;
    if (since !== undefined) total += at + took - since;
    since = undefined;
  }
  const complete = isRouted && routed.every((service) => services.includes(service));
  return total === 0 ? undefined : { services, complete, durationMs: Math.round(total) };
}

/** `nothing answered for 2.1s`, or, if other services did: `dns did not answer for 2.1s`. */
export function downtimeText({ services, complete, durationMs }: Downtime): string {
  const what = complete ? 'nothing answered' : `${joinWithAnd(services)} did not answer`;
  return `${what} for ${formatDuration(durationMs)}`;
}

/** Earlier stages stop nothing that serves; later ones come after the acceptance. */
const DOWNTIME_STAGES: ReadonlySet<StageName> = new Set(['start', 'check', 'switch']);

/** The release that serves after an action: a routed one as soon as it has the traffic, any other one when it is healthy. */
function newlyServing(
  action: Action,
  isRouted: boolean,
  services: readonly ServiceName[],
): ReleaseId | undefined {
  if (isRouted) return action.kind === 'switch-traffic' ? action.release : undefined;
  return action.kind === 'check-health' && overlap(action.services, services) ? action.release : undefined;
}

const overlap = (some: readonly ServiceName[], others: readonly ServiceName[]): boolean =>
  some.some((service) => others.includes(service));

const stopsAllReplicas = (action: Action, release: ReleaseId): action is Action<'stop-services'> =>
  action.kind === 'stop-services' && action.only === undefined && action.release === release;
