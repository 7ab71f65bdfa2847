import { isAbsolute, resolve } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import { asList, asObject, asStrings, asText } from '../model/json.ts';
import type { ComposeObject } from '../model/release.ts';
import type { BakeTarget } from './bake-definition.ts';
import { asStringMap, attestOptions, parseArgs, parseExtraHosts } from './build-options.ts';
import type { BuildTarget } from './build-targets.ts';

/** What a recipe is made of beside the target and the inputs. */
export interface BuildInputs {
  /** Folder of the checkout, absolute. */
  readonly workspace: string;
  /** Contents of the Compose file's secrets by `secret:<name>`, where they do not lie in a file. */
  readonly contents: ReadonlyMap<string, string>;
  /** Target ids by service, for contexts that are other targets. */
  readonly ids: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface TranslatedBuild {
  readonly target: BakeTarget;
  readonly secrets: ReadonlyMap<string, string>;
  readonly references: readonly string[];
  readonly attest: readonly string[];
  readonly cacheTo: readonly string[];
}

/**
 * A service's resolved `build:` as bake has it; as `docker compose build` translates it (compose, pkg/compose/build_bake.go).
 * Fields: compose-spec/build.md. Pure.
 *
 * @throws ConfigurationError naming the service.
 */
export function translateComposeBuild(
  of: BuildTarget,
  data: ComposeObject,
  inputs: BuildInputs,
): TranslatedBuild {
  const build = asObject(unescapeDollarsDeep(data));
  const where = `compose-file: build of service ${of.service}`;
  const secrets = new Map<string, string>();
  const secret = asList(build['secrets']).map((use) => composeBuildSecret(use, of, inputs, secrets, where));
  const platforms = asStrings(build['platforms']);
  const context = asText(build['context']) ?? '.';
  const dockerfile = asText(build['dockerfile']);
  const inline = asText(build['dockerfile_inline']);
  const entitlements = [
    ...asStrings(build['entitlements']),
    ...(build['privileged'] === true ? ['security.insecure'] : []),
  ];
  const target: BakeTarget = {
    context: isRemoteContext(context) || isAbsolute(context) ? context : resolve(inputs.workspace, context),
    ...(inline === undefined ? {} : { 'dockerfile-inline': inline }),
    ...(inline !== undefined || dockerfile === undefined ? {} : { dockerfile }),
    ...optionalField('target', asText(build['target'])),
    args: parseArgs(build['args']),
    labels: asStringMap(build['labels']),
    contexts: additionalContexts(build['additional_contexts'], inputs, where),
    platforms: platforms.length > 0 ? platforms : of.platform === undefined ? [] : [of.platform],
    secret,
    ssh: sshOptions(build['ssh']),
    'cache-from': asStrings(build['cache_from']),
    'extra-hosts': composeExtraHosts(build['extra_hosts']),
    ulimits: ulimitOptions(build['ulimits']),
    ...optionalField('shm-size', shmSizeOf(build['shm_size'])),
    ...optionalField('network', asText(build['network'])),
    ...(entitlements.length === 0 ? {} : { entitlements }),
    ...(build['pull'] === true ? { pull: true } : {}),
    ...(build['no_cache'] === true ? { 'no-cache': true } : {}),
  };
  return {
    target,
    secrets,
    references: asStrings(build['tags']),
    attest: [
      ...attestOptions('provenance', booleanOrText(build['provenance'])),
      ...attestOptions('sbom', booleanOrText(build['sbom'])),
    ],
    cacheTo: asStrings(build['cache_to']),
  };
}

/** A secret of the Compose file: a file is read by the build itself, a value travels in the environment. */
function composeBuildSecret(
  use: unknown,
  of: BuildTarget,
  inputs: BuildInputs,
  secrets: Map<string, string>,
  where: string,
): string {
  const source = asText(use) ?? asText(asObject(use)['source']) ?? '';
  const id = asText(asObject(use)['target']) ?? source;
  const spec = asObject(unescapeDollarsDeep(of.secrets[source]));
  const file = asText(spec['file']);
  if (file !== undefined) return csvLine([`id=${id}`, `src=${resolve(inputs.workspace, file)}`]);
  const value = inputs.contents.get(`secret:${source}`);
  if (value === undefined) {
    const variable = asText(spec['environment']);
    const way =
      variable === undefined ? 'Give it file: or environment:.' : `Give ${variable} in the input env.`;
    throw new ConfigurationError(`${where}: secret ${source} has no value. ${way}`);
  }
  const variable = `SEALIFT_COMPOSE_SECRET_${Object.keys(of.secrets).indexOf(source)}`;
  secrets.set(variable, value);
  return csvLine([`id=${id}`, `env=${variable}`]);
}

function additionalContexts(value: unknown, inputs: BuildInputs, where: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asStringMap(value)).map(([name, context]) => {
      const service = /^service:(?<service>.+)$/.exec(context)?.groups?.['service'];
      if (service === undefined) return [name, context];
      const id = inputs.ids.get(service);
      if (id === undefined) {
        throw new ConfigurationError(
          `${where}: context ${name} is service ${service}, which is not built here.`,
        );
      }
      return [name, `target:${id}`];
    }),
  );
}

function sshOptions(value: unknown): readonly string[] {
  if (Array.isArray(value)) return asStrings(value);
  return Object.entries(asObject(value)).map(([id, path]) =>
    asText(path) === undefined ? id : `${id}=${path}`,
  );
}

function composeExtraHosts(value: unknown): Record<string, string> {
  if (Array.isArray(value)) return parseExtraHosts(asStrings(value));
  return parseExtraHosts(
    Object.entries(asObject(value)).flatMap(([name, address]) =>
      (Array.isArray(address) ? asStrings(address) : [String(address)]).map((each) => `${name}=${each}`),
    ),
  );
}

function ulimitOptions(value: unknown): readonly string[] {
  return Object.entries(asObject(value)).map(([name, limit]) => {
    const { soft, hard } = asObject(limit);
    return typeof limit === 'object' ? `${name}=${String(soft)}:${String(hard)}` : `${name}=${String(limit)}`;
  });
}

function booleanOrText(value: unknown): string | undefined {
  return typeof value === 'boolean' ? String(value) : asText(value);
}

function shmSizeOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : asText(value);
}

/** Bake takes such a line apart as one of CSV. */
function csvLine(fields: readonly string[]): string {
  return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

function isRemoteContext(context: string): boolean {
  return /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/|docker-image:\/\/|oci-layout:\/\/)/.test(
    context,
  );
}

/** `docker compose config` doubles every `$`, so that its output can be fed to Compose again; this takes it back. */
function unescapeDollarsDeep(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', '$');
  if (Array.isArray(value)) return value.map(unescapeDollarsDeep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unescapeDollarsDeep(each)]));
}

function optionalField<Key extends string>(key: Key, value: string | undefined): { [_ in Key]?: string } {
  const found: { [_ in Key]?: string } = {};
  if (value !== undefined) found[key] = value;
  return found;
}
