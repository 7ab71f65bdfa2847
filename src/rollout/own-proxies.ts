import { HostError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import { proxiesOf } from '../plan/proxies.ts';
import { listAccessories } from './accessory-containers.ts';
import { serviceOf } from './compose-labels.ts';
import { endText } from './container-health.ts';
import { inspectAll } from './containers.ts';
import { lastLogLines } from './evidence.ts';
import type { HostContext } from './host-context.ts';

/**
 * Checks that the proxies of the Compose file run: a release behind a proxy that does not run is reached by nobody.
 * @throws HostError with how the proxy ended and its last lines
 */
export async function requireProxiesRun(
  context: Pick<HostContext, 'engine' | 'appEnvironment' | 'log'>,
  release: Release,
): Promise<void> {
  const proxies = proxiesOf(release);
  if (proxies.length === 0) return;
  const containers = await inspectAll(context.engine, await listAccessories(context));
  for (const proxy of proxies) {
    const own = containers.filter((container) => serviceOf(container) === proxy);
    if (own.some(({ state, health }) => state === 'running' && health?.status !== 'unhealthy')) continue;
    const [first] = own;
    const why = first === undefined ? 'it has no container' : endText(first);
    throw new HostError(
      context.engine.host,
      `${proxy}, the proxy of the Compose file, does not run, so no visitor reaches the release: ${why}. If its configuration is wrong, change it and deploy with "accessories: update".`,
      { evidence: first === undefined ? [] : await lastLogLines(context, first.id) },
    );
  }
}
