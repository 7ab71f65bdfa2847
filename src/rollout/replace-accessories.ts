import { baseProject } from '../model/app-environment.ts';
import { messageOf } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import { proxiesOf } from '../plan/proxies.ts';
import { awaitAccessories } from './await-accessories.ts';
import { FirstStop } from './first-stop.ts';
import type { HostContext } from './host-context.ts';
import { requireProxiesListen } from './own-proxies.ts';

/**
 * Replaces accessories, waits until they serve, and notes for how long they did not.
 * @param start runs `docker compose up` with these arguments
 */
export async function replaceAccessories(
  context: HostContext,
  release: Release,
  action: Action<'ensure-accessories'>,
  start: (...args: readonly string[]) => Promise<void>,
): Promise<void> {
  const { recreate: services = [] } = action;
  await using stop = await FirstStop.watch(context, baseProject(release), services);
  const failed = new AbortController();
  let to: number | undefined;
  try {
    // Forced: Compose does not notice that the content of a secret has changed.
    for (const args of replacements(release, services)) await start('--force-recreate', '--no-deps', ...args);
    const serving = servingSince(context, release, services, failed.signal);
    const areChecked = await awaitAccessories(context, release, services, true);
    const servesAt = await serving;
    to = areChecked ? performance.now() : servesAt;
  } finally {
    failed.abort();
    const { at: from } = stop;
    if (from !== undefined)
      context.runState.interruptions.set(action, { services, from, to: to ?? performance.now() });
  }
}

/**
 * When proxies accept connections again, by `performance.now()`: nginx's image runs scripts first. Other accessories serve as soon as they
 * run, as far as it is known without a HEALTHCHECK. Never rejects: whether a proxy listens is checked before the release is accepted.
 */
async function servingSince(
  context: HostContext,
  release: Release,
  services: readonly ServiceName[],
  failed: AbortSignal,
): Promise<number> {
  if (services.some((name) => proxiesOf(release).includes(name))) {
    const signal = AbortSignal.any([context.signal, failed]);
    await requireProxiesListen({ ...context, signal }, release).catch((error: unknown) =>
      context.log.debug(messageOf(error)),
    );
  }
  return performance.now();
}

/** Seconds in which a proxy may finish its requests, if the file gives no stop_grace_period: it refuses new ones from the first of them. */
const PROXY_STOP_TIMEOUT = 2;

/** Arguments of `docker compose up` for accessories to replace: proxies last, and as quickly as they may. */
function replacements(release: Release, names: readonly ServiceName[]): readonly (readonly string[])[] {
  const proxies = proxiesOf(release);
  const isQuick = (name: ServiceName): boolean =>
    proxies.includes(name) && asObject(release.base.services[name])['stop_grace_period'] === undefined;
  const quick = names.filter(isQuick);
  const others = names.filter((name) => !isQuick(name));
  return [
    ...(others.length === 0 ? [] : [others]),
    ...(quick.length === 0 ? [] : [['--timeout', String(PROXY_STOP_TIMEOUT), ...quick]]),
  ];
}
