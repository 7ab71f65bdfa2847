import type { ComposeConfig } from '../model/compose-config.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject, asText, canonicalJson, mapValues } from '../model/json.ts';
import type { ConfidentialValues } from '../model/release.ts';
import { fingerprintOf } from '../run/fingerprint.ts';
import { usedFileObjects } from './compose/inline-contents.ts';

/**
 * Fingerprints of the definitions of accessories: their part of the Compose file, with the contents of the secrets and configs
 * that they use. Pure.
 */
export function definitionFingerprints(
  base: ComposeConfig,
  confidential: ConfidentialValues,
): Readonly<Record<ServiceName, string>> {
  return mapValues(base.services, (service) => {
    const files = usedFileObjects(base, { service });
    const contents = contentVariables(files).map((name) => confidential.get(name));
    return fingerprintOf(canonicalJson([service, files, contents]), 12);
  });
}

/** Names of the variables with contents that accessories need. */
export function confidentialVariables(base: ComposeConfig, names: readonly ServiceName[]): readonly string[] {
  return names.flatMap((name) =>
    contentVariables(usedFileObjects(base, { service: asObject(base.services[name]) })),
  );
}

function contentVariables({ secrets, configs }: ReturnType<typeof usedFileObjects>): readonly string[] {
  return [...Object.values(secrets), ...Object.values(configs)]
    .map((spec) => asText(spec['environment']))
    .filter((name) => name !== undefined);
}
