import { existsSync, readdirSync } from 'node:fs';
import type { ComposeFiles, ComposeSource } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import { byPlace } from '../model/place-words.ts';
import { isPort, readDomainsInput } from './domains.ts';
import type { Inputs } from './reader.ts';

/** Other file names that `docker compose` finds by default. */
const OTHER_COMPOSE_FILES = ['compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

const TLS_ADVICE = 'Use the inputs tls-ca, tls-cert and tls-key';
/** Variables that Sealift or the runner sets for `docker compose`, and what to do instead of setting them. */
const RESERVED_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['IMAGE', 'Sealift sets it to the image. Use another name'],
  ['PATH', 'Programs are found with it. Use another name'],
  ['HOME', 'Programs find their own settings with it. Use another name'],
  ['DOCKER_HOST', 'Use the input hosts'],
  ['DOCKER_CONTEXT', 'Use the input hosts'],
  ['DOCKER_CONFIG', 'Use the inputs registry-username and registry-password'],
  ['DOCKER_TLS', TLS_ADVICE],
  ['DOCKER_TLS_VERIFY', TLS_ADVICE],
  ['DOCKER_CERT_PATH', TLS_ADVICE],
  ['DOCKER_API_VERSION', 'Sealift negotiates it with each host. Remove it'],
  ['COMPOSE_FILE', 'Use the input compose-file'],
  ['COMPOSE_PROJECT_NAME', 'Use the input app'],
]);

const VOLUME_SPEC = /^(?<source>[^:\s]+):(?<path>\/[^:]*)(?::(?:ro|rw))?$/;

/** For a deploy: the Compose files, or the inputs from which Sealift generates a minimal one. */
export function readComposeSource(inputs: Inputs): ComposeSource {
  const files = findComposeFiles(inputs);
  const port = readPortInput(inputs);
  const volumes = readVolumes(inputs);
  if (files === undefined && port === undefined) {
    throw new ConfigurationError(
      `compose-file: ${missingFileText(inputs.lines('compose-file'))} Name your Compose file. If you have none, set "${inputRef('port')}" to the port that the app listens on.`,
    );
  }
  return { files, variables: readVariables(inputs), port, volumes, domains: readDomainsInput(inputs) };
}

/** For a build, which needs a Compose file only if the file names the images to build. */
export function readComposeFiles(inputs: Inputs): ComposeFiles {
  return { files: findComposeFiles(inputs), variables: readVariables(inputs) };
}

/** Warnings about inputs for the minimal Compose file that have no effect, because there is a real one. */
export function unusedMinimalInputs({ files, port, volumes }: ComposeSource): readonly string[] {
  if (files === undefined) return [];
  const unused = [port === undefined ? [] : ['port'], volumes.length === 0 ? [] : ['volumes']].flat();
  return unused.map(
    (name) =>
      `${name}: not used, because ${files.join(', ')} describes the app. It is only for apps without a Compose file.`,
  );
}

/** The files, all of which exist; `undefined` if no file is named and the default one does not exist. */
function findComposeFiles(inputs: Inputs): readonly string[] | undefined {
  const files = inputs.lines('compose-file');
  const absent = files.filter((file) => !existsSync(file));
  if (absent.length === 0) return files;
  if (files.length === 1 && files[0] === inputs.defaultOf('compose-file')) return undefined;
  throw new ConfigurationError(`compose-file: ${missingFileText(absent)}`);
}

function missingFileText(absent: readonly string[]): string {
  const folder = process.cwd();
  if (readdirSync(folder).length === 0)
    return `${folder} is empty. ${byPlace('Run actions/checkout before this step', 'Run sealift in the checkout')}.`;
  const other = OTHER_COMPOSE_FILES.find((name) => existsSync(name) && !absent.includes(name));
  const hint =
    other === undefined ? '' : ` There is ${other}. To use it, set ${inputSetting('compose-file', other)}.`;
  return `"${absent.join('", "')}" is not in ${folder}.${hint}`;
}

function readVariables(inputs: Inputs): ReadonlyMap<string, string> {
  const variables = inputs.pairs('env');
  for (const name of variables.keys()) {
    const advice = RESERVED_VARIABLES.get(name);
    if (advice !== undefined) throw new ConfigurationError(`env: "${name}" can't be set. ${advice}.`);
  }
  return variables;
}

function readPortInput(inputs: Inputs): string | undefined {
  const text = inputs.text('port');
  if (text === undefined) return undefined;
  const ports = text.split(':');
  if (ports.length <= 2 && ports.every(isPort)) return text;
  throw new ConfigurationError(
    `port: "${text}" is not a port. Write the port that the app listens on (8080), or the host port and the app port (80:8080).`,
  );
}

function readVolumes(inputs: Inputs): readonly string[] {
  const volumes = inputs.lines('volumes');
  for (const volume of volumes) {
    const source = VOLUME_SPEC.exec(volume)?.groups?.['source'];
    if (source === undefined) {
      throw new ConfigurationError(
        `volumes: "${volume}" has the wrong form. Write name:/path or /host/path:/path, with :ro or :rw at the end if needed.`,
      );
    }
    if (source.startsWith('/') || /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source)) continue;
    throw new ConfigurationError(
      `volumes: "${source}" is a path in the checkout, which a host does not have. Name a volume, give an absolute path on the host, or copy the files into the image.`,
    );
  }
  return volumes;
}
