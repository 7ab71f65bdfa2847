import { lookup } from 'node:dns/promises';
import * as http from 'node:http';
import { BlockList } from 'node:net';
import { asObject, asStrings, asText } from '../model/json.ts';
import type { RunProgram } from '../model/step-context.ts';
import { type DockerConfig, readDockerConfig, runnerDockerFolder } from './docker-config.ts';

/** Whether the engine of the runner speaks plain HTTP to a registry. */
export async function engineAllowsPlainHttp(
  registry: string,
  environment: DockerConfig['environment'],
  run: RunProgram,
): Promise<boolean> {
  return await isInsecureRegistry(registry, await engineRegistryConfig(environment, run));
}

/** What the engine says of registries: asked at its socket, or by `docker` if that knows better how it is reached. */
async function engineRegistryConfig(
  environment: DockerConfig['environment'],
  run: RunProgram,
): Promise<unknown> {
  const socket = await engineSocket(environment);
  const answer = socket === undefined ? undefined : await askEngine(socket).catch(() => undefined);
  if (answer !== undefined) return asObject(answer)['RegistryConfig'];
  const { stdout } = await run('docker', ['info', '--format', '{{json .RegistryConfig}}'], {
    env: environment,
  });
  return JSON.parse(stdout);
}

const DEFAULT_SOCKET = '/var/run/docker.sock';

/** `undefined`: the engine is elsewhere, or a context of docker says where it is. */
async function engineSocket(environment: DockerConfig['environment']): Promise<string | undefined> {
  const { DOCKER_HOST: host, DOCKER_CONTEXT: context } = environment;
  if (host) return /^unix:\/\/(?<path>\/.+)$/.exec(host)?.groups?.['path'];
  const named =
    context || asText((await readDockerConfig(runnerDockerFolder(environment)))['currentContext']);
  return named === undefined || named === 'default' ? DEFAULT_SOCKET : undefined;
}

/** Milliseconds. */
const ENGINE_TIMEOUT = 5_000;

function askEngine(socketPath: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ENGINE_TIMEOUT);
    const sent = http.get({ socketPath, path: '/info', agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        try {
          resolve(response.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined);
        } catch (error) {
          reject(error);
        }
      });
    });
    sent.once('error', reject);
  });
}

/**
 * Whether the engine would speak plain HTTP to a registry, from `docker info`.
 * moby, registry/config.go: an entry of `IndexConfigs` decides; otherwise every address of the name is checked.
 */
export async function isInsecureRegistry(registry: string, config: unknown): Promise<boolean> {
  const known = asObject(asObject(asObject(config)['IndexConfigs'])[registry]);
  if (typeof known['Secure'] === 'boolean') return !known['Secure'];
  const ranges = new BlockList();
  for (const range of asStrings(asObject(config)['InsecureRegistryCIDRs'])) {
    const [address = '', bits] = range.split('/');
    ranges.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  const host = registry.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.some(({ address, family }) => ranges.check(address, family === 6 ? 'ipv6' : 'ipv4'));
}
