import { isAbsolute, resolve } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import type { ComposeObject } from '../model/release.ts';
import type { BakeTarget } from './bake.ts';
import { argsOf, attestation, hosts, list, object, stringMap, text, texts } from './data.ts';
import type { BuildTarget } from './targets.ts';

/** What a recipe is made of beside the target and the inputs. */
export interface Pantry {
  /** Folder of the checkout, absolute. */
  readonly workspace: string;
  /** Contents of the Compose file's secrets by `secret:<name>`, where they do not lie in a file. */
  readonly contents: ReadonlyMap<string, string>;
  /** Target ids by service, for contexts that are other targets. */
  readonly ids: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ComposeBuild {
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
export function composeBuild(of: BuildTarget, data: ComposeObject, pantry: Pantry): ComposeBuild {
  const build = object(unescaped(data));
  const where = `compose-file: build of service ${of.service}`;
  const secrets = new Map<string, string>();
  const secret = list(build['secrets']).map((use) => secretOf(use, of, pantry, secrets, where));
  const platforms = texts(build['platforms']);
  const context = text(build['context']) ?? '.';
  const dockerfile = text(build['dockerfile']);
  const inline = text(build['dockerfile_inline']);
  const entitlements = [
    ...texts(build['entitlements']),
    ...(build['privileged'] === true ? ['security.insecure'] : []),
  ];
  const target: BakeTarget = {
    context: isRemote(context) || isAbsolute(context) ? context : resolve(pantry.workspace, context),
    ...(inline === undefined ? {} : { 'dockerfile-inline': inline }),
    ...(inline !== undefined || dockerfile === undefined ? {} : { dockerfile }),
    ...optional('target', text(build['target'])),
    args: argsOf(build['args']),
    labels: stringMap(build['labels']),
    contexts: contextsOf(build['additional_contexts'], pantry, where),
    platforms: platforms.length > 0 ? platforms : of.platform === undefined ? [] : [of.platform],
    secret,
    ssh: sshOf(build['ssh']),
    'cache-from': texts(build['cache_from']),
    'extra-hosts': extraHosts(build['extra_hosts']),
    ulimits: ulimitsOf(build['ulimits']),
    ...optional('shm-size', sizeOf(build['shm_size'])),
    ...optional('network', text(build['network'])),
    ...(entitlements.length === 0 ? {} : { entitlements }),
    ...(build['pull'] === true ? { pull: true } : {}),
    ...(build['no_cache'] === true ? { 'no-cache': true } : {}),
  };
  return {
    target,
    secrets,
    references: texts(build['tags']),
    attest: [
      ...attestation('provenance', flagOrText(build['provenance'])),
      ...attestation('sbom', flagOrText(build['sbom'])),
    ],
    cacheTo: texts(build['cache_to']),
  };
}

/** A secret of the Compose file: a file is read by the build itself, a value travels in the environment. */
function secretOf(
  use: unknown,
  of: BuildTarget,
  pantry: Pantry,
  secrets: Map<string, string>,
  where: string,
): string {
  const source = text(use) ?? text(object(use)['source']) ?? '';
  const id = text(object(use)['target']) ?? source;
  const spec = object(unescaped(of.secrets[source]));
  const file = text(spec['file']);
  if (file !== undefined) return csv([`id=${id}`, `src=${resolve(pantry.workspace, file)}`]);
  const value = pantry.contents.get(`secret:${source}`);
  if (value === undefined) {
    const variable = text(spec['environment']);
    const way =
      variable === undefined ? 'Give it file: or environment:.' : `Give ${variable} in the input env.`;
    throw new ConfigurationError(`${where}: secret ${source} has no value. ${way}`);
  }
  const variable = `SEALIFT_COMPOSE_SECRET_${Object.keys(of.secrets).indexOf(source)}`;
  secrets.set(variable, value);
  return csv([`id=${id}`, `env=${variable}`]);
}

function contextsOf(value: unknown, pantry: Pantry, where: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(stringMap(value)).map(([name, context]) => {
      const service = /^service:(?<service>.+)$/.exec(context)?.groups?.['service'];
      if (service === undefined) return [name, context];
      const id = pantry.ids.get(service);
      if (id === undefined) {
        throw new ConfigurationError(
          `${where}: context ${name} is service ${service}, which is not built here.`,
        );
      }
      return [name, `target:${id}`];
    }),
  );
}

function sshOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return texts(value);
  return Object.entries(object(value)).map(([id, path]) => (text(path) === undefined ? id : `${id}=${path}`));
}

function extraHosts(value: unknown): Record<string, string> {
  if (Array.isArray(value)) return hosts(texts(value));
  return hosts(
    Object.entries(object(value)).flatMap(([name, address]) =>
      (Array.isArray(address) ? texts(address) : [String(address)]).map((each) => `${name}=${each}`),
    ),
  );
}

function ulimitsOf(value: unknown): readonly string[] {
  return Object.entries(object(value)).map(([name, limit]) => {
    const { soft, hard } = object(limit);
    return typeof limit === 'object' ? `${name}=${String(soft)}:${String(hard)}` : `${name}=${String(limit)}`;
  });
}

function flagOrText(value: unknown): string | undefined {
  return typeof value === 'boolean' ? String(value) : text(value);
}

function sizeOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : text(value);
}

/** Bake takes such a line apart as one of CSV. */
function csv(fields: readonly string[]): string {
  return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

function isRemote(context: string): boolean {
  return /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/|docker-image:\/\/|oci-layout:\/\/)/.test(
    context,
  );
}

/** `docker compose config` doubles every `$`, so that its output can be fed to Compose again; this takes it back. */
function unescaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', '$');
  if (Array.isArray(value)) return value.map(unescaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unescaped(each)]));
}

function optional<Key extends string>(key: Key, value: string | undefined): { [_ in Key]?: string } {
  const found: { [_ in Key]?: string } = {};
  if (value !== undefined) found[key] = value;
  return found;
}
