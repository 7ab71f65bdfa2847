import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ComposeConfig, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asList, asObject, asText, unescapeDollars } from '../../model/json.ts';
import { httpsPortsIn } from './port-protocol.ts';
import { portsOf } from './service.ts';

/** A port that the HEALTHCHECK of a Dockerfile asks by HTTPS speaks TLS, as one does that the Compose file's asks. */

/**
 * A Compose file in which such ports have `app_protocol: https`, so that the record of a release says it, too.
 * A HEALTHCHECK, a target of the build or an app_protocol in the file says more than the Dockerfile.
 */
export async function withTlsOfDockerfiles(
  config: ComposeConfig,
): Promise<{ readonly config: ComposeConfig; readonly notices: readonly string[] }> {
  const services: Record<ServiceName, ComposeService> = {};
  const notices: string[] = [];
  for (const [name, service] of Object.entries(config.services)) {
    const asked = httpsPortsIn(lastHealthcheck(await dockerfileOf(service)));
    const found = portsOf(service).filter(
      ({ target, appProtocol, protocol }) =>
        protocol === 'tcp' && appProtocol === undefined && asked.has(target),
    );
    services[name] = found.length === 0 ? service : { ...service, ports: withHttps(service, asked) };
    for (const { target } of found)
      notices.push(
        `${name}: the HEALTHCHECK of its Dockerfile asks port ${target} by HTTPS, so the service ends TLS itself there. If it does not, set app_protocol: http on the port.`,
      );
  }
  return { config: { ...config, services }, notices };
}

const withHttps = (service: ComposeService, asked: ReadonlySet<number>): readonly unknown[] => {
  const ports = portsOf(service);
  return asList(service['ports']).map((port, index) => {
    const { target = 0, appProtocol, protocol } = ports[index] ?? {};
    const speaksTls = protocol === 'tcp' && appProtocol === undefined && asked.has(target);
    return speaksTls ? { ...asObject(port), app_protocol: 'https' } : port;
  });
};

/** Empty without a build, or where the file can't be read: the build says so. */
async function dockerfileOf({ build, healthcheck, ports }: ComposeService): Promise<string> {
  const { context, dockerfile = 'Dockerfile', dockerfile_inline: inline, target } = asObject(build);
  const isSaid = asObject(healthcheck)['test'] !== undefined || asObject(healthcheck)['disable'] === true;
  if (build === undefined || target !== undefined || isSaid || asList(ports).length === 0) return '';
  if (typeof inline === 'string') return unescapeDollars(inline);
  const path = resolve(unescapeDollars(asText(context) ?? '.'), unescapeDollars(asText(dockerfile) ?? ''));
  return readFile(path, 'utf8').catch(() => '');
}

/** The command of the last HEALTHCHECK of a Dockerfile; empty if there is none. */
function lastHealthcheck(dockerfile: string): string {
  const lines = dockerfile
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\\s*\n/g, ' ')
    .split('\n');
  return lines.findLast((line) => /^\s*HEALTHCHECK\s/i.test(line)) ?? '';
}
