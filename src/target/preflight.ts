import type { Engine } from '../engine/engine.ts';
import type { Outline, Release } from '../model/release.ts';
import { checkOwnPorts } from '../plan/own-ports.ts';
import { checkNames, checkPorts } from '../plan/preflight.ts';
import { together } from '../run/side-by-side.ts';
import { checkExternals } from './accessories.ts';
import type { Observation } from './observe.ts';
import { checkDomainsFree } from './traffic.ts';

/**
 * Looks for what is in the way of a release on its hosts; changes nothing. Asked before the images are made, so that nobody
 * waits for a build to hear it, and again before the release is carried out, since a build may be long.
 * @throws ConfigurationError or HostError for the first obstacle: names, ports, what is called external, domains.
 */
export async function preflight(
  engines: readonly Engine[],
  observations: readonly Observation[],
  outline: Outline & Pick<Release, 'compose'>,
): Promise<void> {
  checkNames(outline);
  for (const { host } of observations) checkPorts(host, outline);
  for (const { host } of observations) checkOwnPorts(host, outline);
  await together(
    [checkExternals, checkDomainsFree].flatMap((check) => engines.map((engine) => check(engine, outline))),
  );
}
