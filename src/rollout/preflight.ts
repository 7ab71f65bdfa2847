import type { Engine } from '../engine/engine.ts';
import type { Release, ReleaseOutline } from '../model/release.ts';
import { type Adoption, withoutAdoptedContainers } from '../plan/existing-deployment.ts';
import { checkContainerNames, checkHeldPorts, checkNamesFree } from '../plan/preflight.ts';
import { allOrThrow } from '../run/promises.ts';
import { checkExternals, checkNetworkAddresses } from './check-networks.ts';
import { checkDomainsFree } from './edge-actions.ts';
import type { HostObservation } from './host-context.ts';

/**
 * Checks what would prevent a release on its hosts; changes nothing. Runs before the build, so that nobody waits for a
 * build to learn of a problem, and again before the deploy, since a build can take long.
 * @param adopts the Compose projects that the deploy takes over, with their ports and container names
 * @throws ConfigurationError or HostError for the first problem: names, ports, external networks and volumes, domains, addresses of networks
 */
export async function preflight(
  engines: readonly Engine[],
  observations: readonly HostObservation[],
  outline: ReleaseOutline & Pick<Release, 'compose'>,
  adopts: Adoption['projects'] = new Map(),
): Promise<void> {
  checkContainerNames(outline);
  for (const { host } of observations) {
    const remaining = withoutAdoptedContainers(host, { projects: adopts }, outline);
    checkHeldPorts(remaining, outline);
    checkNamesFree(remaining, outline);
  }
  for (const { host } of observations) checkExternals(host, outline);
  await allOrThrow([
    ...engines.map((engine) => checkDomainsFree(engine, outline)),
    ...observations.flatMap(({ host }) =>
      engines
        .filter((engine) => engine.host === host.host)
        .map((engine) => checkNetworkAddresses(engine, host, outline)),
    ),
  ]);
}
