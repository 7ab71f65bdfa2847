import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import { theRunner } from '../model/place-words.ts';
import { engineAllowsPlainHttp } from '../registry/insecure-registries.ts';
import type { ImageContext } from './image-context.ts';

/** Whether a program failed because it spoke TLS to a registry that has none. */
export function isPlainHttpError(text: string): boolean {
  return /HTTP response to HTTPS client/.test(text);
}

export function plainHttpError(registry: string, evidence: readonly string[] = []): ConfigurationError {
  return new ConfigurationError(
    `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on ${theRunner()} (/etc/docker/daemon.json) and of each host.`,
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
  if (!(await engineAllowsPlainHttp(registry, context.environment, context.run)))
    throw plainHttpError(registry);
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
