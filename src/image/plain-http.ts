import { randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { BlockList } from 'node:net';
import { join } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import { asObject, asStrings } from '../model/json.ts';
import { dockerOutput, type ImageContext } from './image-context.ts';

/** Whether a program failed because it spoke TLS to a registry that has none. */
export function isPlainHttpError(text: string): boolean {
  return /HTTP response to HTTPS client/.test(text);
}

export function plainHttpError(registry: string, evidence: readonly string[] = []): ConfigurationError {
  return new ConfigurationError(
    `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on the runner (/etc/docker/daemon.json) and of each host.`,
    { evidence },
  );
}

const PLAIN_HTTP_BUILDER = 'sealift-plain-http';

/**
 * The environment in which buildx speaks plain HTTP to a registry.
 * @throws ConfigurationError unless the engine itself accepts this registry without TLS: a password would be sent in clear
 */
export async function plainHttpEnvironment(
  registry: string,
  context: ImageContext,
): Promise<Readonly<Record<string, string>>> {
  const config = await dockerOutput(['info', '--format', '{{json .RegistryConfig}}'], context);
  if (!(await isInsecureRegistry(registry, JSON.parse(config)))) throw plainHttpError(registry);
  const folder = join(context.folder, `buildx-${randomUUID().slice(0, 8)}`);
  await mkdir(join(folder, 'instances'), { recursive: true });
  await writeFile(join(folder, 'instances', PLAIN_HTTP_BUILDER), plainHttpBuilder(registry));
  return { BUILDX_CONFIG: folder, BUILDX_BUILDER: PLAIN_HTTP_BUILDER };
}

/**
 * A builder in buildx's own file format (buildx, store/nodegroup.go). `buildx create` would need an engine without TLS for
 * it; only its configuration is read.
 */
function plainHttpBuilder(registry: string): string {
  const toml = `[registry.${JSON.stringify(registry)}]\n  http = true\n`;
  const Files = { 'buildkitd.toml': Buffer.from(toml).toString('base64') };
  const Nodes = [{ Name: `${PLAIN_HTTP_BUILDER}0`, Endpoint: 'unix:///dev/null', Files }];
  return JSON.stringify({ Name: PLAIN_HTTP_BUILDER, Driver: 'docker-container', Nodes });
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
