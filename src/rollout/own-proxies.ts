import { observeEdge, runningEdgeId } from '../edge/edge.ts';
import { probePorts } from '../edge/probe-port.ts';
import { upstreamNetwork } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { inputSetting } from '../model/input-ref.ts';
import type { Release } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import { misledProxies, neededProxiesOf } from '../plan/proxies.ts';
import { portsOf } from '../release/compose/service.ts';
import { listAccessories } from './accessory-containers.ts';
import { serviceOf } from './compose-labels.ts';
import { endText } from './container-health.ts';
import { inspectAll } from './containers.ts';
import { lastLogLines } from './evidence.ts';
import type { HostContext } from './host-context.ts';

/**
 * Checks that the proxies run which visitors need, and those that they needed before: a release behind a proxy that does not run is
 * reached by nobody.
 * @throws HostError with how the proxy ended and its last lines
 */
export async function requireProxiesRun(
  context: Pick<HostContext, 'engine' | 'appEnvironment' | 'log' | 'live' | 'releases'>,
  release: Release,
): Promise<void> {
  const live = context.live && context.releases.get(context.live);
  const proxies = [...neededProxiesOf(release), ...(live === undefined ? [] : misledProxies(live, release))];
  if (proxies.length === 0) return;
  const containers = await inspectAll(context.engine, await listAccessories(context));
  for (const proxy of proxies) {
    const own = containers.filter((container) => serviceOf(container) === proxy);
    if (own.some(({ state, health }) => state === 'running' && health?.status !== 'unhealthy')) continue;
    const [first] = own;
    const why = first === undefined ? 'it has no container' : endText(first);
    throw new HostError(
      context.engine.host,
      `${proxy}, the proxy of the Compose file, does not run, so no visitor reaches the release: ${why}. If its configuration is wrong, change it and deploy with "${inputSetting('accessories', 'update')}".`,
      { evidence: first === undefined ? [] : await lastLogLines(context, first.id) },
    );
  }
}

/** Nothing is requested by HTTP. */
const LOCAL_VISITOR = { host: 'localhost', path: '/' };

/** Milliseconds after which a proxy that does not listen yet is looked at again: it may have ended. */
const PROXY_LOOK_INTERVAL = 1_000;

interface ProxyPort {
  readonly proxy: ServiceName;
  readonly port: number;
  readonly address: string;
}

/**
 * Waits at most `health-timeout` until each proxy of the Compose file accepts connections at one of the ports that it publishes. One
 * that ends for a mistake in its configuration runs for a moment too, on a slow host for seconds.
 * @throws HostError with how a proxy ended and its last lines, or the ports at which it accepts none
 */
export async function requireProxiesListen(context: HostContext, release: Release): Promise<void> {
  const { engine, appEnvironment, signal } = context;
  const end = performance.now() + release.health.timeout;
  for (;;) {
    await requireProxiesRun(context, release);
    if (neededProxiesOf(release).length === 0) return;
    const ports = await publishedPorts(context, release);
    if (ports.length === 0) return;
    const from = runningEdgeId(engine, await observeEdge(engine, appEnvironment));
    const targets = ports.map(({ address }) => ({ address, protocol: 'tcp' as const }));
    const results = await probePorts(engine, from, targets, LOCAL_VISITOR, PROXY_LOOK_INTERVAL, signal);
    const [silent] = [...Map.groupBy(ports, ({ proxy }) => proxy)].filter(([, own]) =>
      own.every(({ address }) => results.get(address)?.ok !== true),
    );
    if (silent === undefined) return;
    const [proxy, own] = silent;
    if (performance.now() >= end)
      throw new HostError(
        engine.host,
        `${proxy}, the proxy of the Compose file, accepts no connections at the ports of its container that it publishes (${joinWithAnd(own.map(({ port }) => String(port)))}), so no visitor reaches the release. Let it listen there, or publish the port at which it does.`,
      );
  }
}

/** The TCP ports that running proxies publish, as the edge reaches them. */
async function publishedPorts(context: HostContext, release: Release): Promise<readonly ProxyPort[]> {
  const proxies = neededProxiesOf(release);
  const shared = release.routes.flatMap(({ upstream }) =>
    upstream === undefined ? [] : upstreamNetwork(release, upstream),
  );
  const containers = await inspectAll(context.engine, await listAccessories(context));
  return containers.flatMap((container) => {
    const proxy = serviceOf(container);
    const service = proxy === undefined ? undefined : release.base.services[proxy];
    const network = shared.find((name) => (container.networks[name]?.ipv4 ?? '') !== '');
    if (proxy === undefined || service === undefined || network === undefined) return [];
    if (!proxies.includes(proxy) || container.state !== 'running') return [];
    return portsOf(service)
      .filter(({ protocol }) => protocol === 'tcp')
      .map(({ target: port }) => ({ proxy, port, address: `${container.networks[network]?.ipv4}:${port}` }));
  });
}
