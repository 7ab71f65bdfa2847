import { ConfigurationError } from '../model/errors.ts';

/**
 * Legal in all that is named after it: a Compose project (compose-spec, 04-version-and-name.md), containers, and a
 * repository for the images that are kept (distribution/reference), which is why hyphens and underscores stand within.
 */
const LEGAL_NAME = /^[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*$/;

/** RFC 1035: a container's name is looked up as one DNS label, by the edge and by other containers. */
const MAX_DNS_LABEL = 63;
/** Of `<app>-<environment>-<8 hex digits>-<service>-<n>`: that leaves 10 letters for a service, where n has two digits. */
const MAX_PROJECT_NAME = 40;

/** @throws ConfigurationError with the name that would do. */
export function checkApp(text: string): string {
  if (LEGAL_NAME.test(text)) return text;
  throw new ConfigurationError(`app: "${text}" ${illegalNameText(text)}`);
}

/**
 * The repository's name as an app: lower case, `-` for what a Compose project's name can't hold.
 *
 * @param repository `owner/name`
 */
export function defaultAppName(repository: string): string {
  const name = toLegalName(repository.slice(repository.indexOf('/') + 1));
  if (LEGAL_NAME.test(name)) return name;
  throw new ConfigurationError(
    `app: missing, and the repository "${repository}" gives no name for it. Set app to a name of lower-case letters and digits.`,
  );
}

/** @throws ConfigurationError with the name that would do. */
export function checkEnvironment(text: string): string {
  if (LEGAL_NAME.test(text)) return text;
  const lower = text.toLowerCase();
  // docs.github.com, "Managing environments for deployment": environment names are not case sensitive.
  const problem = LEGAL_NAME.test(lower)
    ? `has capital letters. Write "${lower}": it is the same environment for GitHub, which ignores case.`
    : illegalNameText(text);
  throw new ConfigurationError(`environment: "${text}" ${problem}`);
}

/** @throws ConfigurationError when the two leave no room for a service in a container's name. */
export function checkProjectLength(app: string, environment: string): void {
  const { length } = `${app}-${environment}`;
  if (length <= MAX_PROJECT_NAME) return;
  throw new ConfigurationError(
    `app, environment: "${app}-${environment}" has ${length} characters and begins the name of every container, which is a DNS label of at most ${MAX_DNS_LABEL}. Give app a name that is ${length - MAX_PROJECT_NAME} shorter.`,
  );
}

function illegalNameText(text: string): string {
  const better = toLegalName(text);
  const advice = LEGAL_NAME.test(better) ? ` Write "${better}", for example.` : '';
  return `can't be used as a name: lower-case letters and digits, with "-" or "_" between them.${advice}`;
}

function toLegalName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/_+-[-_]*|-+_[-_]*|_{3,}/g, '-')
    .replace(/^[-_]+/, '')
    .replace(/[-_]+$/, '');
}
