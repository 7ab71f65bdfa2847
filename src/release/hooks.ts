import { splitCommand } from '../model/command-line.ts';
import type { CommandLine } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { Hook } from '../model/strategy.ts';

/**
 * The commands of an input that run for a release, in order. Pure.
 * @throws ConfigurationError when it is not clear in which service's container a command runs, or it needs a shell
 */
export function parseHooks(
  release: { readonly services: Readonly<Record<ServiceName, unknown>> },
  input: 'before-release' | 'after-release',
  lines: readonly CommandLine[],
): readonly Hook[] {
  const names = Object.keys(release.services);
  return lines.map(({ service, command }) => ({
    service: hookService(service, command, names, input),
    argv: splitCommand(command, input),
  }));
}

function hookService(
  service: ServiceName,
  command: string,
  names: readonly ServiceName[],
  input: string,
): ServiceName {
  if (names.includes(service)) return service;
  const [only, ...others] = names;
  if (service === '' && only !== undefined && others.length === 0) return only;
  throw new ConfigurationError(
    service === ''
      ? `${input}: the release has several services (${names.join(', ')}). Write in which service's container the command runs: ${only ?? 'service'}=${command}`
      : `${input}: the release has no service "${service}", only ${names.join(', ')}. If "${service}=" belongs to the command, write env ${service}=… in front of it.`,
  );
}
