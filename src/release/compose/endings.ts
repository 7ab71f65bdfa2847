import type { ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asList, asObject, asText } from '../../model/json.ts';
import type { Ending } from '../../model/release.ts';
import type { Project } from './classify-services.ts';
import { externalProxyOf } from './external-proxy.ts';
import { aliasesOf, conditionFor, exposedPortsOf, linksOf, portsOf } from './service.ts';

/**
 * Whether a service of a Compose file ends by itself: a migration, a seed, a bucket that is made. The file does not say so
 * in so many words.
 *
 * - It ends if another service waits until it has completed, or if it has `restart: "no"`.
 * - It may end if it has no restart policy, or `on-failure`.
 * - It runs on if something shows that it answers requests (a port, a HEALTHCHECK, labels for a proxy, a link or an alias, a
 *   dependency that waits until it is healthy), if it says how it is updated, or if it is restarted whenever it ends.
 *
 * @param hasRoute whether requests from outside reach it
 */
export function endingOfService(
  { config }: Pick<Project, 'config'>,
  name: ServiceName,
  hasRoute: (name: ServiceName) => boolean = () => false,
): Ending {
  const service = config.services[name] ?? {};
  const others = Object.entries(config.services).filter(([other]) => other !== name);
  const conditions = new Set(others.map(([, other]) => conditionFor(other, name)));
  if (conditions.has('service_completed_successfully')) return 'always';
  const answers =
    hasRoute(name) ||
    portsOf(service).length > 0 ||
    exposedPortsOf(service).length > 0 ||
    checksHealth(service) ||
    externalProxyOf(service) !== undefined ||
    aliasesOf(service).length > 0 ||
    asObject(service['deploy'])['update_config'] !== undefined ||
    conditions.has('service_healthy') ||
    others.some(([, other]) => linksOf(other).some((link) => link.service === name));
  const policy = writtenPolicyOf(service);
  if (answers || policy === 'always') return 'never';
  return policy === 'no' ? 'always' : 'maybe';
}

/** Whether the file gives a service a HEALTHCHECK. That of its image is not known yet. */
function checksHealth(service: ComposeService): boolean {
  const { test, disable } = asObject(service['healthcheck']);
  return disable !== true && test !== undefined && asList(test)[0] !== 'NONE';
}

/** `no` only if the file says so; Compose gives `deploy.restart_policy` precedence. */
function writtenPolicyOf(service: ComposeService): 'no' | 'always' | 'on-failure' | undefined {
  const section = asObject(service['deploy'])['restart_policy'];
  const written = section === undefined ? asText(service['restart']) : asText(asObject(section)['condition']);
  const [policy] = (written ?? '').split(':');
  if (policy === 'no' || policy === 'none') return 'no';
  if (policy === 'on-failure') return 'on-failure';
  return policy === '' || policy === undefined ? undefined : 'always';
}

/** Whether a service has neither `restart:` nor `deploy.restart_policy`, so that it stays down after a restart of the server. */
export const lacksRestart = (service: ComposeService): boolean => writtenPolicyOf(service) === undefined;
