import { ConfigurationError } from '../model/errors.ts';
import type { ConfidentialValues, Release } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import { withAdoptedVolumes } from './adopted-volumes.ts';
import { isSecretVariable } from './compose/inline-contents.ts';
import { definitionFingerprints } from './definition-fingerprints.ts';
import { fileContentNames } from './file-content-names.ts';
import { releaseIdOf } from './release-id.ts';

/** What a release from elsewhere gets where it is deployed. */
interface ImportedParts {
  /** Contents of secrets by their names in the Compose file. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Contents of configs by variable. */
  readonly configs: ConfidentialValues;
  /** Volumes that keep the name that they had before Sealift, by key. */
  readonly volumes: Readonly<Record<string, string>>;
}

/**
 * A release that was made elsewhere, with the contents of its secrets. They count for its id, as always: with other contents it is
 * another release. Pure.
 * @throws ConfigurationError that names `secrets` if one is missing, or there is none of a name
 */
export function importedRelease(
  release: Release,
  { secrets, configs, volumes }: ImportedParts,
): { readonly release: Release; readonly confidential: ConfidentialValues } {
  const contents = secretContents(release, secrets);
  const confidential = new Map([...configs, ...contents]);
  const renamed = withAdoptedVolumes(release, volumes);
  const changes = {
    ...(contents.size > 0 ? { secrets: Object.fromEntries(contents) } : {}),
    ...(renamed.adopted === undefined ? {} : { adopted: renamed.adopted }),
  };
  const id =
    Object.keys(changes).length === 0 ? release.id : releaseIdOf({ exported: release.id, ...changes });
  const definitions = definitionFingerprints(renamed.base, confidential);
  return { release: { ...renamed, id, definitions }, confidential };
}

/** By variable. */
function secretContents(release: Release, given: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const names = new Map([...fileContentNames(release)].filter(([, variable]) => isSecretVariable(variable)));
  const unknown = [...given.keys()].find((name) => !names.has(name));
  if (unknown !== undefined)
    throw new ConfigurationError(
      `secrets: the release has no secret "${unknown}", but ${joinWithAnd([...names.keys()])}.`,
    );
  return new Map(
    [...names].map(([name, variable]) => {
      const content = given.get(name);
      if (content !== undefined) return [variable, content];
      throw new ConfigurationError(
        `secrets: "${name}" is missing. The contents of secrets are in no archive: add a line ${name}=….`,
      );
    }),
  );
}
