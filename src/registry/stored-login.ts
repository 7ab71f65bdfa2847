import { CommandError, messageOf } from '../model/errors.ts';
import { asObject, asText, type JsonObject } from '../model/json.ts';
import type { RunProgram } from '../model/step-context.ts';
import { readDockerConfig, registryConfigKey, runnerDockerFolder } from './docker-config.ts';
import { RegistryError } from './registry-error.ts';

/** A login for a registry as `docker` keeps it. */
export type StoredLogin =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** With it, the registry's token server gives tokens. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** A token of the registry itself. */
  | { readonly kind: 'registry-token'; readonly token: string };

/** Where the runner keeps its logins. */
export interface LoginSource {
  /** Of the programs, with `DOCKER_CONFIG`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly run: RunProgram;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds for which a login is kept: some helpers give passwords for an hour. */
const KEPT = 10 * 60_000;

interface KeptLogin {
  readonly login: Promise<StoredLogin | undefined>;
  /** By `performance.now()`. */
  readonly found: number;
}

const keptLogins = new WeakMap<LoginSource['environment'], Map<string, KeptLogin>>();

/** As `findStoredLogin`, which is asked once for all images and hosts. */
export function storedLogin(registry: string, source: LoginSource): Promise<StoredLogin | undefined> {
  const kept = keptLogins.get(source.environment) ?? new Map<string, KeptLogin>();
  keptLogins.set(source.environment, kept);
  const known = kept.get(registry);
  if (known !== undefined && performance.now() - known.found < KEPT) return known.login;
  const login = findStoredLogin(registry, source);
  kept.set(registry, { login, found: performance.now() });
  login.catch(() => kept.delete(registry));
  return login;
}

/**
 * The login for a registry, where `docker` looks for it (docker/cli, cli/config/configfile): `DOCKER_AUTH_CONFIG`, the credential
 * helper of the registry, the credential store, the file itself.
 * @returns `undefined` if there is none
 * @throws RegistryError if a helper fails; ConfigurationError if the file can't be read
 */
export async function findStoredLogin(
  registry: string,
  source: LoginSource,
): Promise<StoredLogin | undefined> {
  const key = registryConfigKey(registry);
  const inVariable = readAuthsVariable(source.environment['DOCKER_AUTH_CONFIG']);
  const fromVariable = inVariable && loginInFile(inVariable, key);
  if (fromVariable !== undefined) return fromVariable;
  const config = await readDockerConfig(runnerDockerFolder(source.environment));
  const helpers = asObject(config['credHelpers']);
  // An empty helper of a registry stands for the file itself.
  const helper = key in helpers ? asText(helpers[key]) : asText(config['credsStore']);
  return helper === undefined ? loginInFile(config, key) : await askHelper(helper, key, source);
}

function readAuthsVariable(text: string | undefined): JsonObject | undefined {
  if (!text) return undefined;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** A key may be a URL, such as `https://registry.example.com/v1/`. */
function loginInFile(config: JsonObject, key: string): StoredLogin | undefined {
  const auths = asObject(config['auths']);
  const found = auths[key] ?? Object.entries(auths).find(([name]) => hostOfKey(name) === hostOfKey(key))?.[1];
  const { auth, username, password, identitytoken, registrytoken } = asObject(found);
  const registryToken = asText(registrytoken);
  if (registryToken !== undefined) return { kind: 'registry-token', token: registryToken };
  const identityToken = asText(identitytoken);
  if (identityToken !== undefined) return { kind: 'identity-token', token: identityToken };
  // docker drops the zeros that some programs write after the text.
  const text = Buffer.from(asText(auth) ?? '', 'base64')
    .toString()
    .replaceAll('\0', '');
  const colon = text.indexOf(':');
  const name = colon < 0 ? asText(username) : text.slice(0, colon);
  const secret = colon < 0 ? asText(password) : text.slice(colon + 1);
  return name === undefined || secret === undefined
    ? undefined
    : { kind: 'password', username: name, password: secret };
}

const hostOfKey = (key: string): string => key.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';

/** A helper for which there is no login (docker/docker-credential-helpers, credentials/error.go). */
const NOTHING_STORED = /credentials not found in native keychain/;
/** The user name with which a helper says that the secret is an identity token. */
const TOKEN_USER = '<token>';

async function askHelper(
  helper: string,
  key: string,
  { run, environment, signal }: LoginSource,
): Promise<StoredLogin | undefined> {
  const program = `docker-credential-${helper}`;
  try {
    const { exitCode, stdout } = await run(program, ['get'], {
      ...{ env: environment, stdin: key, signal },
      // It says on stdout why it found none.
      allowedExitCodes: [1],
    });
    if (exitCode !== 0) {
      if (NOTHING_STORED.test(stdout)) return undefined;
      throw new RegistryError({ kind: 'unsupported' }, `${program} failed: ${stdout.trim()}`);
    }
    const { Username, Secret } = asObject(JSON.parse(stdout));
    const secret = asText(Secret);
    if (secret === undefined) return undefined;
    return Username === TOKEN_USER
      ? { kind: 'identity-token', token: secret }
      : { kind: 'password', username: asText(Username) ?? '', password: secret };
  } catch (error) {
    if (error instanceof RegistryError || signal?.aborted) throw error;
    // What JSON.parse complains about may contain the secret.
    const reason = error instanceof SyntaxError ? 'its answer is not JSON' : messageOf(error);
    const cause = error instanceof CommandError ? error : undefined;
    throw new RegistryError({ kind: 'unsupported' }, `${program} failed: ${reason}`, cause);
  }
}
