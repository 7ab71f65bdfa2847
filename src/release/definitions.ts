import { createHash } from 'node:crypto';
import type { ComposeConfig, ComposeService, Confidential, ServiceName } from '../model/release.ts';
import { mapValues, object, pick, text } from './compose/data.ts';
import { usedBy } from './compose/inline.ts';
import { canonicalJson } from './json.ts';

/**
 * Fingerprints of what accessories are made from: their part of the Compose file, with the contents of the secrets and
 * configs that they use. Equal definitions have equal ones. Pure.
 */
export function definitionsOf(
  base: ComposeConfig,
  confidential: Confidential,
): Readonly<Record<ServiceName, string>> {
  return mapValues(base.services, (service) => {
    const files = filesOf(base, service);
    const contents = variablesOf(files).map((name) => confidential.get(name));
    const content = canonicalJson([service, files, contents]);
    return createHash('sha256').update(content).digest('hex').slice(0, 12);
  });
}

/** Names of the variables that hold contents which an accessory needs. */
export function variablesFor(base: ComposeConfig, names: readonly ServiceName[]): readonly string[] {
  return names.flatMap((name) => variablesOf(filesOf(base, object(base.services[name]))));
}

function filesOf(base: ComposeConfig, service: ComposeService): Pick<ComposeConfig, 'secrets' | 'configs'> {
  return {
    secrets: pick(base.secrets ?? {}, usedBy({ service }, 'secrets')),
    configs: pick(base.configs ?? {}, usedBy({ service }, 'configs')),
  };
}

function variablesOf({ secrets, configs }: Pick<ComposeConfig, 'secrets' | 'configs'>): readonly string[] {
  return [...Object.values(secrets ?? {}), ...Object.values(configs ?? {})]
    .map((spec) => text(spec['environment']))
    .filter((name) => name !== undefined);
}
