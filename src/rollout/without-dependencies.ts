import type { ComposeConfig } from '../model/compose-config.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject, mapValues, withoutKeys } from '../model/json.ts';

/** Compose would start these again with what depends on them, or wait for them in its own way. */
export function withoutDependenciesOn(config: ComposeConfig, done: ReadonlySet<ServiceName>): ComposeConfig {
  return {
    ...config,
    services: mapValues(config.services, (service) =>
      service['depends_on'] === undefined
        ? service
        : { ...service, depends_on: withoutKeys(asObject(service['depends_on']), ...done) },
    ),
  };
}
