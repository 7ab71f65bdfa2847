import { existsSync, readdirSync } from 'node:fs';
import { ConfigurationError } from '../model/errors.ts';
import type { ComposeFiles, ComposeSource } from '../model/request.ts';
import { defaultOfInput } from './declared-inputs.ts';
import { readDomainsInput } from './domains.ts';
import { isPort } from './ports.ts';
import type { Inputs } from './reader.ts';

/** The other names that `docker compose` looks for by itself. */
const OTHER_COMPOSE_FILES = ['compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** Variables of `docker compose` itself that Sealift sets, and what says the same in an input. */
const RESERVED_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['IMAGE', 'it is set to the image that was built or given (input image)'],
  ['PATH', 'it says where the runner finds its programs'],
  ['HOME', "it is the runner's own"],
  ['DOCKER_HOST', 'hosts are named by the input hosts'],
  ['DOCKER_CONTEXT', 'hosts are named by the input hosts'],
  ['DOCKER_CONFIG', 'registries are logged in to by registry-username and registry-password'],
  ['DOCKER_TLS', 'certificates are given by tls-ca, tls-cert and tls-key'],
  ['DOCKER_TLS_VERIFY', 'certificates are given by tls-ca, tls-cert and tls-key'],
  ['DOCKER_CERT_PATH', 'certificates are given by tls-ca, tls-cert and tls-key'],
  ['DOCKER_API_VERSION', 'it is negotiated with each host'],
  ['COMPOSE_FILE', 'files are named by the input compose-file'],
  ['COMPOSE_PROJECT_NAME', 'the app is named by the input app'],
]);

const VOLUME_SPEC = /^(?<source>[^:\s]+):(?<path>\/[^:]*)(?::(?:ro|rw))?$/;

/** For a deploy: Compose files, or without any what the minimal one is made of. */
export function readComposeSource(inputs: Inputs): ComposeSource {
  const files = findComposeFiles(inputs);
  const port = readPortInput(inputs);
  const volumes = readVolumes(inputs);
  if (files === undefined && port === undefined) {
    throw new ConfigurationError(
      `compose-file: ${missingFileText(inputs.lines('compose-file'))} Name your Compose file, or set port to the port that the app listens on to do without one.`,
    );
  }
  return { files, variables: readVariables(inputs), port, volumes, domains: readDomainsInput(inputs) };
}

/** For a build, which needs a Compose file only where that names the images to build. */
export function readComposeFiles(inputs: Inputs): ComposeFiles {
  return { files: findComposeFiles(inputs), variables: readVariables(inputs) };
}

/** What is said of inputs that describe a minimal Compose file when there is a real one. */
export function unusedMinimalInputs(source: ComposeSource): readonly string[] {
  if (source.files === undefined) return [];
  const files = source.files.join(', ');
  return [source.port === undefined ? [] : ['port'], source.volumes.length === 0 ? [] : ['volumes']]
    .flat()
    .map(
      (name) => `${name}: not used, since ${files} describes the app. It is for apps without a Compose file.`,
    );
}

/** The files, all of which exist; `undefined` when nothing is named and the default one is not there. */
function findComposeFiles(inputs: Inputs): readonly string[] | undefined {
  const files = inputs.lines('compose-file');
  const absent = files.filter((file) => !existsSync(file));
  if (absent.length === 0) return files;
  if (files.length === 1 && files[0] === defaultOfInput(inputs.command, 'compose-file')) return undefined;
  throw new ConfigurationError(`compose-file: ${missingFileText(absent)}`);
}

function missingFileText(absent: readonly string[]): string {
  const folder = process.cwd();
  if (readdirSync(folder).length === 0) {
    return `${folder} is empty. Run actions/checkout before this step.`;
  }
  const other = OTHER_COMPOSE_FILES.find((name) => existsSync(name) && !absent.includes(name));
  const there = other === undefined ? '' : ` There is ${other}; set compose-file: ${other} to use it.`;
  return `"${absent.join('", "')}" is not in ${folder}.${there}`;
}

function readVariables(inputs: Inputs): ReadonlyMap<string, string> {
  const variables = inputs.pairs('env');
  for (const name of variables.keys()) {
    const why = RESERVED_VARIABLES.get(name);
    if (why !== undefined)
      throw new ConfigurationError(`env: "${name}" can't be set: ${why}. Use another name.`);
  }
  return variables;
}

function readPortInput(inputs: Inputs): string | undefined {
  const text = inputs.text('port');
  if (text === undefined) return undefined;
  const ports = text.split(':');
  if (ports.length <= 2 && ports.every(isPort)) return text;
  throw new ConfigurationError(
    `port: "${text}" is not a port. Write the port the app listens on (8080), or the host's and the container's (80:8080).`,
  );
}

function readVolumes(inputs: Inputs): readonly string[] {
  const volumes = inputs.lines('volumes');
  for (const volume of volumes) {
    const source = VOLUME_SPEC.exec(volume)?.groups?.['source'];
    if (source === undefined) {
      throw new ConfigurationError(
        `volumes: "${volume}" is not name:/path or /host/path:/path, with ":ro" or ":rw" if need be.`,
      );
    }
    if (source.startsWith('/') || /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source)) continue;
    throw new ConfigurationError(
      `volumes: "${source}" is a path of the checkout, which a host does not have. Name a volume, give an absolute path of the host, or copy the files into the image.`,
    );
  }
  return volumes;
}
