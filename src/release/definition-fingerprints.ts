import { createHash } from 'node:crypto';
import { asObject, asText, canonicalJson, mapValues, pickKeys } from '../model/json.ts';
import type { ComposeConfig, ComposeService, ConfidentialValues, ServiceName } from '../model/release.ts';
import { namesUsedBy } from './compose/inline-contents.ts';

/**
 * Fingerprints of the definitions of accessories: their part of the Compose file, with the contents of the secrets and configs
 * that they use. Pure.
 */
export function definitionFingerprints(
  base: ComposeConfig,
  confidential: ConfidentialValues,
): Readonly<Record<ServiceName, string>> {
  return mapValues(base.services, (service) => {
    const files = secretsAndConfigsOf(base, service);
    const contents = contentVariables(files).map((name) => confidential.get(name));
    const content = canonicalJson([service, files, contents]);
    return createHash('sha256').update(content).digest('hex').slice(0, 12);
  });
}

/** Names of the variables with contents that accessories need. */
export function confidentialVariables(base: ComposeConfig, names: readonly ServiceName[]): readonly string[] {
  return names.flatMap((name) => contentVariables(secretsAndConfigsOf(base, asObject(base.services[name]))));
}

type FileObjects = Pick<ComposeConfig, 'secrets' | 'configs'>;

function secretsAndConfigsOf(base: ComposeConfig, service: ComposeService): FileObjects {
  return {
    secrets: pickKeys(base.secrets ?? {}, namesUsedBy({ service }, 'secrets')),
    configs: pickKeys(base.configs ?? {}, namesUsedBy({ service }, 'configs')),
  };
}

function contentVariables({ secrets = {}, configs = {} }: FileObjects): readonly string[] {
  return [...Object.values(secrets), ...Object.values(configs)]
    .map((spec) => asText(spec['environment']))
    .filter((name) => name !== undefined);
}
