import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { briefLine, oneLine } from '../model/plain-text.ts';
import type { ActionRequest, Command, Requests } from '../model/request.ts';
import { readComposeFiles, readComposeSource, unusedMinimalInputs } from './compose.ts';
import { readAppEnvironment, readDestination, readEnvironment } from './destination.ts';
import { readExportOptions } from './export.ts';
import { readGateOptions } from './gate.ts';
import { readHealth } from './health.ts';
import { readBuildImageSource, readExistingImageSource } from './image.ts';
import { readLogsOptions } from './logs.ts';
import { readDeployCourse, readRolloutTimes } from './options.ts';
import { Inputs } from './reader.ts';
import { readRegistryCredentials } from './registry.ts';
import { readSecretContents } from './secret-contents.ts';
import { maskSecrets } from './secrets.ts';
import { targetReaders } from './target-requests.ts';
import { warnOfUnknownInputs } from './unknown-inputs.ts';
import { readImageVerification } from './verify.ts';

/** A valid request, and warnings about its inputs for the user. */
export interface RequestWithWarnings<Request extends ActionRequest = ActionRequest> {
  readonly request: Request;
  readonly warnings: readonly string[];
}

/**
 * Reads the inputs of an action once and checks everything that needs no host or registry. Masks secrets first. Looks for
 * files in the current folder, which is the checkout.
 *
 * @param mask hides a secret in the log from now on
 * @param atTerminal whether a person runs the command, and not a job
 * @throws ConfigurationError for the first input that can't be used; it says what to change
 */
export function readRequest<Each extends Command>(
  command: Each,
  mask: (secret: string) => void,
  atTerminal = false,
): RequestWithWarnings<Requests[Each]> {
  maskSecrets(command, mask);
  try {
    const unknown = warnOfUnknownInputs(command);
    const inputs = new Inputs(command, { atTerminal });
    const request = READERS[command](inputs);
    return { request, warnings: [...unknown, ...warnOfUnusedInputs(inputs, request)] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    // An input that it quotes may be of any length, and its lines must not look like errors of their own.
    throw new ConfigurationError(briefLine(oneLine(error.message)), { cause: error });
  }
}

type Readers = { readonly [Each in Command]: (inputs: Inputs) => Requests[Each] };

const READERS: Readers = {
  deliver: (inputs) => targetReaders(inputs).deliver(inputs),
  deploy: (inputs) => targetReaders(inputs).deploy(inputs),
  rollback: (inputs) => targetReaders(inputs).rollback(inputs),
  status: (inputs) => targetReaders(inputs).status(inputs),
  remove: (inputs) => targetReaders(inputs).remove(inputs),
  unlock: (inputs) => targetReaders(inputs).unlock(inputs),
  build(inputs) {
    const source = readBuildImageSource(inputs);
    return {
      command: 'build',
      source,
      registry: readRegistryCredentials(inputs, source),
      compose: readComposeFiles(inputs),
      token: inputs.text('github-token'),
    };
  },
  logs(inputs) {
    return { command: 'logs', destination: readDestination(inputs), ...readLogsOptions(inputs) };
  },
  export(inputs) {
    const source = readExistingImageSource(inputs);
    return {
      command: 'export',
      ...readAppEnvironment(inputs),
      source,
      registry: readRegistryCredentials(inputs, source),
      token: inputs.text('github-token'),
      verification: readImageVerification(inputs, source),
      compose: { ...readComposeSource(inputs), withoutSecrets: true },
      edge: inputs.choice('edge', ['caddy', 'none']),
      health: readHealth(inputs),
      ...readExportOptions(inputs),
    };
  },
  import(inputs) {
    const destination = readDestination(inputs);
    return {
      command: 'import',
      destination,
      archive: inputs.required('archive', 'Set it to the path of the file that export has written.'),
      allowedSigners: inputs.text('allowed-signers'),
      secrets: readSecretContents(inputs),
      gate: readGateOptions(inputs, destination.environment),
      allowDowngrade: inputs.flag('allow-downgrade'),
      options: { ...readRolloutTimes(inputs), ...readDeployCourse(inputs) },
    };
  },
  gate(inputs) {
    const environment = readEnvironment(inputs);
    return { command: 'gate', environment, gate: readGateOptions(inputs, environment) };
  },
};

/** Warnings about valid inputs that have no effect because of another input. */
function warnOfUnusedInputs(inputs: Inputs, request: ActionRequest): readonly string[] {
  if (request.command === 'export') return unusedMinimalInputs(request.compose);
  if (request.command !== 'deliver' && request.command !== 'deploy') return [];
  const { compose } = request.options;
  const warnings = 'port' in compose ? unusedMinimalInputs(compose) : [];
  const testUnused =
    request.command === 'deliver' && request.source.kind === 'existing' && inputs.text('test') !== undefined;
  return testUnused
    ? [...warnings, `test: not run, because "${inputRef('image')}" names an image that is already built.`]
    : warnings;
}
