import type { ComposeConfig } from '../../model/compose-config.ts';
import { theRunner } from '../../model/place-words.ts';
import { relativeBindDevice } from './networks-and-volumes.ts';
import type { Problems } from './problems.ts';
import type { ResolvedCompose } from './resolve.ts';

const LOCAL_FILE_ADVICE =
  'if it is for local work only, move it to compose.override.yaml, which is not deployed';

/** A bind mount of the checkout would be an empty folder on a server: Docker creates it there without a message. */
export function rejectRunnerPaths(resolved: ResolvedCompose, problems: Problems): void {
  for (const path of resolved.refusedMounts) {
    const instead =
      path.kind === 'file'
        ? `make it a secret (secrets: with file: ${path.written}) or a config (configs: with file: ${path.written}, target: ${path.target}), copy it into the image`
        : 'copy it into the image (COPY in the Dockerfile), use a named volume for data, :ro for a small folder of text files, or an absolute path of the server';
    problems.add(
      `compose-file: service ${path.service} mounts ${path.written} at ${path.target}, which is on ${theRunner()} and not on a server, and Sealift does not copy it: ${path.reason}. Instead: ${instead}; or ${LOCAL_FILE_ADVICE}.`,
      'services',
      path.service,
      'volumes',
    );
  }
  for (const [name, spec] of Object.entries(resolved.config.volumes ?? {})) {
    const device = relativeBindDevice(spec);
    if (device === undefined) continue;
    problems.add(
      `compose-file: volume ${name} is the folder ${device}, which is on ${theRunner()} and not on a server. Remove driver_opts for a plain volume, or give an absolute path of the server.`,
      'volumes',
      name,
    );
  }
}

/** A name that every object of JavaScript has would seem to be in releases that have no such service. */
export function rejectBuiltInNames(config: ComposeConfig, problems: Problems): void {
  for (const name of Object.keys(config.services)) {
    if (!(name in Object.prototype)) continue;
    problems.add(
      `compose-file: service ${name} has a name that is reserved. Give it another one.`,
      'services',
      name,
    );
  }
}

/** Models and providers are run by plugins on the machine that calls Compose. */
export function rejectModels(config: ComposeConfig, problems: Problems): void {
  for (const [name, service] of Object.entries(config.services)) {
    for (const key of ['models', 'provider']) {
      if (service[key] === undefined) continue;
      problems.add(
        `compose-file: service ${name} uses ${key}:, which runs on the machine that calls Compose and not on a server. Run it as a container of its own.`,
        'services',
        name,
        key,
      );
    }
  }
}
