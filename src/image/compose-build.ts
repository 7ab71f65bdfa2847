import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import {
  asList,
  asObject,
  asStrings,
  asText,
  type JsonObject,
  mapStrings,
  mapValues,
  unescapeDollars,
} from '../model/json.ts';
import type { BuildRecipe } from './bake-definition.ts';
import { attestOptions, parseExtraHosts } from './build-options.ts';
import type { ImageBuild } from './build-targets.ts';

/** What a recipe needs besides the image and the options. */
export interface BuildInputs {
  /** Folder of the checkout, absolute. */
  readonly workspace: string;
  /** Contents of the Compose file's secrets by `secret:<name>`, if they are not in a file. */
  readonly contents: ReadonlyMap<string, string>;
  /** Target ids by service, for contexts that are other targets. */
  readonly ids: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Translates a service's `build:`, as `docker compose config` prints it, into a target for bake. Pure.
 *
 * `docker compose build --print` prints such targets too, but in the versions that Sealift supports it leaves options out
 * without a warning: `network`, `cache_to` and `extra_hosts` before 2.37.3, and `pull`, `no_cache`, `provenance` and `sbom`
 * before 2.39.3 (GitHub's Ubuntu runners have 2.38.2). Its arguments include the runner's proxies; `${` in them is escaped only
 * since 2.40.1. Of the services `a.b` and `a_b` only one is printed. (compose, pkg/compose/build_bake.go) A test compares this
 * translation with what the installed version prints.
 *
 * @throws ConfigurationError that names the service
 */
export function translateComposeBuild(
  image: ImageBuild,
  data: JsonObject,
  inputs: BuildInputs,
): Omit<BuildRecipe, 'id'> {
  const build = asObject(mapStrings(data, unescapeDollars));
  const where = `compose-file: build of service ${image.service}`;
  const secrets = new Map<string, string>();
  const inline = asText(build['dockerfile_inline']);
  const platforms = asStrings(build['platforms']);
  return {
    target: {
      context: asText(build['context']) ?? inputs.workspace,
      dockerfile: inline === undefined ? asText(build['dockerfile']) : undefined,
      'dockerfile-inline': inline,
      target: asText(build['target']),
      args: definedStrings(build['args']),
      labels: definedStrings(build['labels']),
      contexts: mapValues(definedStrings(build['additional_contexts']), (context, name) =>
        additionalContext(name, context, inputs, where),
      ),
      platforms: platforms.length > 0 || image.platform === undefined ? platforms : [image.platform],
      secret: asList(build['secrets']).map((use) =>
        composeBuildSecret(asObject(use), image, inputs, secrets, where),
      ),
      ssh: asStrings(build['ssh']),
      'cache-from': asStrings(build['cache_from']),
      'extra-hosts': parseExtraHosts(asStrings(build['extra_hosts'])),
      ulimits: Object.entries(asObject(build['ulimits'])).map(([name, limit]) => {
        const { soft = limit, hard } = asObject(limit);
        return hard === undefined ? `${name}=${soft}` : `${name}=${soft}:${hard}`;
      }),
      'shm-size': asText(build['shm_size']),
      network: asText(build['network']),
      entitlements: [
        ...asStrings(build['entitlements']),
        ...(build['privileged'] === true ? ['security.insecure'] : []),
      ],
      pull: build['pull'] === true || undefined,
      'no-cache': build['no_cache'] === true || undefined,
      'no-cache-filter': asStrings(build['no_cache_filter']),
    },
    secrets,
    references: asStrings(build['tags']),
    attest: [
      ...attestOptions('provenance', asText(build['provenance'])),
      ...attestOptions('sbom', asText(build['sbom'])),
    ],
    cacheTo: asStrings(build['cache_to']),
  };
}

/** The build itself reads a secret that is in a file. It gets any other value as an environment variable. */
function composeBuildSecret(
  use: JsonObject,
  image: ImageBuild,
  inputs: BuildInputs,
  secrets: Map<string, string>,
  where: string,
): string {
  const source = asText(use['source']) ?? '';
  const id = asText(use['target']) ?? source;
  const spec = asObject(mapStrings(image.secrets[source], unescapeDollars));
  const file = asText(spec['file']);
  if (file !== undefined) return csvLine([`id=${id}`, `src=${file}`]);
  const value = inputs.contents.get(`secret:${source}`);
  if (value === undefined) {
    const name = asText(spec['environment']);
    const advice =
      name === undefined
        ? 'Give it file: or environment:.'
        : `Set ${name} in the input "${inputRef('env')}".`;
    throw new ConfigurationError(`${where}: secret ${source} has no value. ${advice}`);
  }
  const variable = `SEALIFT_COMPOSE_SECRET_${Object.keys(image.secrets).indexOf(source)}`;
  secrets.set(variable, value);
  return csvLine([`id=${id}`, `env=${variable}`]);
}

/** Bake parses such a line as CSV. */
function csvLine(fields: readonly string[]): string {
  return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

function additionalContext(name: string, context: string, inputs: BuildInputs, where: string): string {
  const service = /^service:(?<service>.+)$/.exec(context)?.groups?.['service'];
  if (service === undefined) return context;
  const id = inputs.ids.get(service);
  if (id !== undefined) return `target:${id}`;
  throw new ConfigurationError(
    `${where}: context ${name} is service ${service}, which is not built here. Give that service build:.`,
  );
}

/** A build argument without a value is a variable that is not set where Compose ran. */
function definedStrings(value: unknown): Record<string, string> {
  const entries = Object.entries(asObject(value)).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([key, each]) => [key, String(each)]));
}
