import type { Engine } from '../engine/engine.ts';
import type { Release, ReleaseOutline } from '../model/release.ts';
import { checkPortHandover } from '../plan/port-handover.ts';
import { checkContainerNames, checkForeignPorts } from '../plan/preflight.ts';
import { allOrThrow } from '../run/promises.ts';
import { checkExternals } from './accessories.ts';
import { checkDomainsFree } from './edge-actions.ts';
import type { HostObservation } from './observe-host.ts';

/**
 * Looks for what is in the way of a release on its hosts; changes nothing. Asked before the images are made, so that nobody
 * waits for a build to hear it, and again before the release is carried out, since a build may be long.
 * @throws ConfigurationError or HostError for the first obstacle: names, ports, what is called external, domains.
 */
export async function preflight(
  engines: readonly Engine[],
  observations: readonly HostObservation[],
  outline: ReleaseOutline & Pick<Release, 'compose'>,
): Promise<void> {
  checkContainerNames(outline);
  for (const { host } of observations) checkForeignPorts(host, outline);
  for (const { host } of observations) checkPortHandover(host, outline);
  await allOrThrow(
    [checkExternals, checkDomainsFree].flatMap((check) => engines.map((engine) => check(engine, outline))),
  );
}
