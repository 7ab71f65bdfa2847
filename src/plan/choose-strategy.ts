import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import type { ReleaseOutline } from '../model/release.ts';
import type { Strategy } from '../model/strategy.ts';
import { isStopFirst } from './host-queries.ts';

/** The part of a release that decides how its traffic can move. */
type StrategyConstraints = Pick<ReleaseOutline, 'services' | 'routes' | 'recreateReason'>;

/**
 * The strategy that the user asked for, or else the one that the Compose file demands.
 * Pure.
 * @throws ConfigurationError if the release can't be deployed with the strategy that was asked for.
 */
export function chooseStrategy(release: StrategyConstraints, requested: Strategy | undefined): Strategy {
  const { recreateReason } = release;
  if (recreateReason !== undefined) {
    if (requested === undefined || requested.name === 'recreate') return { name: 'recreate' };
    throw new ConfigurationError(
      `strategy: this release can't be deployed with ${requested.name}: ${recreateReason}. Leave "${inputRef('strategy')}"${requested.name === 'canary' ? ` and "${inputRef('canary')}"` : ''} empty or set it to recreate.`,
    );
  }
  if (requested?.name === 'canary') checkCanary(release);
  return requested ?? { name: needsStopFirst(release) ? 'rolling' : 'blue-green' };
}

/** Whether two complete releases side by side would have more replicas than the file allows. */
const needsStopFirst = ({ services }: StrategyConstraints): boolean =>
  Object.values(services).some(
    (service) => service.role !== 'exclusive' && isStopFirst(service) && service.replicas > 1,
  );

/** A share of the visitors needs a route through Sealift's edge, to services that can run twice. */
function checkCanary({ services, routes }: StrategyConstraints): void {
  if (routes.length === 0) {
    throw new ConfigurationError(
      `canary: there are no visitors to split: the release publishes no HTTP port and has no domain, or "${inputRef('edge')}" is none. ` +
        `Publish a port in the Compose file, or leave "${inputRef('canary')}" empty.`,
    );
  }
  for (const { service } of routes) {
    const { role, exclusiveReason } = services[service] ?? {};
    if (role !== 'exclusive') continue;
    throw new ConfigurationError(
      `canary: the visitors of ${service} can't be split, because two of it can't run at once: ${exclusiveReason ?? 'it is exclusive'}. ` +
        `Change that in the Compose file, or leave "${inputRef('canary')}" empty.`,
    );
  }
}
