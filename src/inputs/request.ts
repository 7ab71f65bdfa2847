import type { ImageSource } from '../model/image-source.ts';
import type { ActionRequest, Command, Destination, Requests } from '../model/request.ts';
import { githubVariables } from '../run/github-variables.ts';
import { readAccess, readHosts, readNetworkRange } from './access.ts';
import { readClusterDeployOptions, readClusterOptions, readOrchestrator } from './cluster.ts';
import { readComposeFiles, readComposeSource, unusedMinimalInputs } from './compose.ts';
import { requireConfirmation } from './confirmation.ts';
import { readGateOptions } from './gate.ts';
import { readBuildImageSource, readExistingImageSource, readImageSource } from './image.ts';
import { checkApp, checkProjectLength, defaultAppName, parseEnvironment } from './names.ts';
import { readDeployOptions, readRollbackTo, readRolloutOptions } from './options.ts';
import { Inputs } from './reader.ts';
import { readRegistryCredentials } from './registry.ts';
import { maskSecrets } from './secrets.ts';
import { warnOfUnknownInputs } from './unknown-inputs.ts';

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
  const unknown = warnOfUnknownInputs(command);
  const inputs = new Inputs(command, { atTerminal });
  const request = READERS[command](inputs);
  return { request, warnings: [...unknown, ...warnOfUnusedInputs(inputs, request)] };
}

type Readers = { readonly [Each in Command]: (inputs: Inputs) => Requests[Each] };

const READERS: Readers = {
  deliver: (inputs) => readDeployment(inputs, 'deliver', readImageSource),
  deploy: (inputs) => readDeployment(inputs, 'deploy', readExistingImageSource),
  build(inputs) {
    const source = readBuildImageSource(inputs);
    return {
      command: 'build',
      source,
      registry: readRegistryCredentials(inputs, source),
      compose: readComposeFiles(inputs),
    };
  },
  rollback(inputs) {
    const destination = readDestination(inputs);
    const common = {
      command: 'rollback' as const,
      destination,
      gate: readGateOptions(inputs, destination.environment),
      to: readRollbackTo(inputs),
      healthTimeout:
        inputs.text('health-timeout') === undefined ? undefined : inputs.duration('health-timeout'),
      registry: readRegistryCredentials(inputs, undefined),
    };
    const orchestrator = readOrchestrator(inputs);
    return orchestrator === 'docker'
      ? { orchestrator, ...common, options: readRolloutOptions(inputs) }
      : { orchestrator, ...common, options: readClusterOptions(inputs, orchestrator) };
  },
  status(inputs) {
    const destination = readDestination(inputs);
    return { command: 'status', orchestrator: readOrchestrator(inputs), destination };
  },
  remove(inputs) {
    const destination = readDestination(inputs);
    const dryRun = inputs.flag('dry-run');
    requireConfirmation(inputs, destination.environment, dryRun);
    const gate = readGateOptions(inputs, destination.environment);
    return {
      command: 'remove',
      ...{ destination, gate, dryRun },
      removeVolumes: inputs.flag('remove-volumes'),
      lockTimeout: inputs.duration('lock-timeout', 0),
    };
  },
  gate(inputs) {
    const environment = readEnvironment(inputs);
    return { command: 'gate', environment, gate: readGateOptions(inputs, environment) };
  },
};

/** The request of the main action, or that of `deploy`. */
function readDeployment<Name extends 'deliver' | 'deploy', Source extends ImageSource>(
  inputs: Inputs,
  command: Name,
  readSource: (inputs: Inputs) => Source,
) {
  const destination = readDestination(inputs);
  const source = readSource(inputs);
  const common = {
    command,
    destination,
    source,
    registry: readRegistryCredentials(inputs, source),
    gate: readGateOptions(inputs, destination.environment),
    allowDowngrade: inputs.flag('allow-downgrade'),
  };
  const orchestrator = readOrchestrator(inputs);
  return orchestrator === 'docker'
    ? { ...common, orchestrator, options: readDeployOptions(inputs, readComposeSource(inputs)) }
    : { ...common, orchestrator, options: readClusterDeployOptions(inputs, orchestrator) };
}

function readDestination(inputs: Inputs): Destination {
  const buildOnly = inputs.command === 'deliver' ? ' To build and push only, use the action in build/.' : '';
  const environment = readEnvironment(inputs, buildOnly);
  inputs.required('hosts', `List the hosts of ${environment}, one per line: ssh://user@host.${buildOnly}`);
  const appInput = inputs.text('app');
  const app =
    appInput === undefined ? defaultAppName(githubVariables().repository ?? '') : checkApp(appInput);
  checkProjectLength(app, environment);
  const hosts = readHosts(inputs);
  return {
    app,
    environment,
    hosts,
    access: readAccess(inputs, hosts),
    networkRange: inputs.has('network-range') ? readNetworkRange(inputs) : undefined,
  };
}

const readEnvironment = (inputs: Inputs, advice = ''): string =>
  parseEnvironment(
    inputs.required('environment', `Name the environment, such as staging or production.${advice}`),
  );

/** Warnings about valid inputs that have no effect because of another input. */
function warnOfUnusedInputs(inputs: Inputs, request: ActionRequest): readonly string[] {
  if (request.command !== 'deliver' && request.command !== 'deploy') return [];
  const warnings = unusedMinimalInputs(request.options.compose);
  const testUnused =
    request.command === 'deliver' && request.source.kind === 'existing' && inputs.text('test') !== undefined;
  return testUnused
    ? [...warnings, 'test: not run, because "image" names an image that is already built.']
    : warnings;
}
