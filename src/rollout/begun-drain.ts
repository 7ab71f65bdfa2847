import { isDeepStrictEqual } from 'node:util';
import type { FollowingDrain } from '../edge/switch-traffic.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { isTcpRoute } from '../model/route.ts';
import type { BegunDrain, HostContext } from './host-context.ts';
import type { KnownContainer } from './known-containers.ts';

/** The drain of the old release, which begins with the switch, in the same exec, and which the final check asks for its result. */

/** Milliseconds that the complete release runs with all its traffic before it is accepted. The old one drains meanwhile. */
export const FINAL_CHECK_TIME = 1_000;

/** Milliseconds after which what was still in flight then says nothing any more. */
const COUNT_LIFETIME = 2_000;

/** The addresses of containers, in the order in which they are compared. */
export const addressesOf = (containers: readonly KnownContainer[]): readonly string[] =>
  containers.flatMap(({ addresses = [] }) => addresses).toSorted();

/**
 * What is to be drained after a switch to a release.
 * @returns `undefined`: nothing that is known, or a TCP edge counts too
 */
export function drainAfterSwitch(
  { live, desired, releases, settings, runState, jobCancelled }: HostContext,
  to: ReleaseId,
): (Pick<BegunDrain, 'release' | 'addresses' | 'stop'> & Pick<FollowingDrain, 'timeout'>) | undefined {
  if (live === undefined || live === desired || to !== desired || jobCancelled) return undefined;
  const timeout = Math.min(FINAL_CHECK_TIME, settings.drainTimeout);
  const addresses = addressesOf(runState.knownContainers.of(live));
  if (timeout === 0 || addresses.length === 0) return undefined;
  if (releases.get(live)?.routes.some(isTcpRoute) !== false) return undefined;
  return { release: live, addresses, stop: new AbortController(), timeout };
}

/**
 * The result of the drain of these addresses that has begun already, once.
 * @param signal ends it
 * @returns `undefined`: there is none. It opens `undefined` if what was in flight some time ago must be counted anew
 */
export function takeBegunDrain(
  { runState }: HostContext,
  release: ReleaseId,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<number | undefined> | undefined {
  const begun = runState.begunDrain;
  if (begun?.release !== release || !isDeepStrictEqual(begun.addresses, addresses)) return undefined;
  runState.begunDrain = undefined;
  const isRecent = performance.now() - begun.since < COUNT_LIFETIME;
  const stop = (): void => begun.stop.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return begun.left.then((left) => (left === 0 || isRecent ? left : undefined));
}
