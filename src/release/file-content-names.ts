import { asText } from '../model/json.ts';
import type { ConfidentialValues, Release } from '../model/release.ts';
import { contentVariable, isSecretVariable } from './compose/inline-contents.ts';

/** The secrets and configs of a release whose contents no record has: their variables by the names in the Compose file. Pure. */
export function fileContentNames(release: Release): ReadonlyMap<string, string> {
  const { confidential } = release;
  const secrets = confidential.filter(isSecretVariable);
  const configs = confidential.filter((variable) => !isSecretVariable(variable));
  const names = new Map(secrets.map((variable) => [fileContentName(release, 'secret', variable), variable]));
  for (const variable of configs) {
    const name = fileContentName(release, 'config', variable);
    // A secret and a config may have the same name.
    names.set(names.has(name) ? `config.${name}` : name, variable);
  }
  return names;
}

function fileContentName({ compose, base }: Release, kind: 'secret' | 'config', variable: string): string {
  const specs = Object.entries({ ...base[`${kind}s`], ...compose[`${kind}s`] });
  const named = specs.find(([, spec]) => asText(spec['environment']) === variable)?.[0];
  // Of a read-only service, the files alone name the variable.
  return named ?? variable.slice(contentVariable(kind, '').length).toLowerCase();
}

/** Those of a release that are among some by name, by variable. */
export function givenContents(release: Release, given: ReadonlyMap<string, string>): ConfidentialValues {
  return new Map(
    [...fileContentNames(release)].flatMap(([name, variable]) => {
      const content = given.get(name);
      return content === undefined ? [] : [[variable, content] as const];
    }),
  );
}

/** The names of those that are not known. */
export const missingContents = (release: Release, known: ConfidentialValues | undefined): readonly string[] =>
  [...fileContentNames(release)].flatMap(([name, variable]) => (known?.has(variable) === true ? [] : [name]));
