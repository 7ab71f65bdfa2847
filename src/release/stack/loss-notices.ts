import type { ComposeConfig, ComposeService } from '../../model/compose-config.ts';
import { asList, asObject, wordsOf } from '../../model/json.ts';

/**
 * What is missing so that no request is lost while services that publish ports are updated, a line for each. In host mode a node has no
 * room for two tasks at once, and a load balancer in front decides. Pure.
 */
export const lossNotices = (services: ComposeConfig['services']): readonly string[] =>
  Object.entries(services).flatMap(([name, service]) => {
    const missing = whatIsMissing(service);
    if (missing.length === 0) return [];
    return [
      `${name}: requests may be lost while it is updated: ${missing.join(', and ')}. See docs/swarm.md, "Requests during an update".`,
    ];
  });

function whatIsMissing(service: ComposeService): readonly string[] {
  const ports = asList(service['ports']).map(asObject);
  const { mode = 'replicated', update_config: update } = asObject(service['deploy']);
  if (ports.length === 0 || wordsOf(mode).endsWith('-job')) return [];
  const isBehindMesh = ports.some((port) => port['mode'] !== 'host');
  return [
    ...(hasHealthcheck(service)
      ? []
      : ['unless its image has a HEALTHCHECK, new tasks get requests as soon as their process has started']),
    ...(isBehindMesh && asObject(update)['order'] !== 'start-first'
      ? ['without order: start-first in update_config, old tasks stop before new ones run']
      : []),
  ];
}

function hasHealthcheck(service: ComposeService): boolean {
  const { test, disable } = asObject(service['healthcheck']);
  return disable !== true && test !== undefined && asList(test)[0] !== 'NONE';
}
