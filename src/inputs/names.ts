import { ConfigurationError } from '../model/errors.ts';

/**
 * Legal in everything that is named after it: a Compose project (compose-spec, 04-version-and-name.md), containers, and a
 * repository for the kept images (distribution/reference). So hyphens and underscores may only be inside.
 */
const LEGAL_NAME = /^[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*$/;

/** Of `<app>-<environment>-<8 hex digits>-<service>-<n>`, a DNS label: leaves a service 10 letters if n has two digits. */
const MAX_PROJECT_NAME = 40;

/** @throws ConfigurationError that suggests a valid name */
export function checkApp(text: string): string {
  if (LEGAL_NAME.test(text)) return text;
  throw new ConfigurationError(`app: "${text}" ${invalidNameText(text)}`);
}

/**
 * The name of the repository as an app: lower case, `-` for what the name of a Compose project can't contain.
 *
 * @param repository `owner/name`
 */
export function defaultAppName(repository: string): string {
  const name = toLegalName(repository.slice(repository.indexOf('/') + 1));
  if (LEGAL_NAME.test(name)) return name;
  throw new ConfigurationError(
    `app: missing, and the repository name "${repository}" can't be used instead. Set it to a name of lower-case letters and digits.`,
  );
}

/**
 * The name in lower case: for GitHub, `Production` is the same environment (docs.github.com, "Managing environments for
 * deployment"), and an input of type `environment` gives it with its capital letters.
 * @throws ConfigurationError that suggests a valid name
 */
export function parseEnvironment(text: string): string {
  const lower = text.toLowerCase();
  if (LEGAL_NAME.test(lower)) return lower;
  throw new ConfigurationError(`environment: "${text}" ${invalidNameText(text)}`);
}

/** Whether the name is that of a production environment, which is approved and removed with more care: `prod`, `production-eu`. */
export const isProductionName = (environment: string): boolean => environment.startsWith('prod');

/** @throws ConfigurationError if the two names leave no room for a service in the name of a container */
export function checkProjectLength(app: string, environment: string): void {
  const { length } = `${app}-${environment}`;
  if (length <= MAX_PROJECT_NAME) return;
  throw new ConfigurationError(
    `app, environment: "${app}-${environment}" has ${length} characters, but at most ${MAX_PROJECT_NAME} fit into the names of containers, which are DNS labels. Make app ${length - MAX_PROJECT_NAME} characters shorter.`,
  );
}

function invalidNameText(text: string): string {
  const better = toLegalName(text);
  const example = LEGAL_NAME.test(better) ? `, such as "${better}"` : '';
  return `is not a valid name. Write lower-case letters and digits, with "-" or "_" only between them${example}.`;
}

function toLegalName(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]+/g, '-')
      .replaceAll(/[-_]{2,}/g, (run) => (/^(?:-+|__)$/.test(run) ? run : '-'))
      .replace(/^[-_]+/, '')
      // Looked for where a run begins, not from each of its characters on.
      .replace(/(?<![-_])[-_]+$/, '')
  );
}
