import type { ActionRequest, Command, Destination, ImageSource } from '../model/request.ts';
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
export interface RequestWithWarnings {
  readonly request: ActionRequest;
  readonly warnings: readonly string[];
}

/**
 * Reads the inputs of an action once and checks everything that needs no host or registry. Masks secrets first. Looks for
 * files in the current folder, which is the checkout.
 *
 * @throws ConfigurationError for the first input that can't be used; it says what to change
 */
export function readRequest(command: Command): RequestWithWarnings {
  maskSecrets(command);
  const unknown = warnOfUnknownInputs(command);
  const inputs = new Inputs(command);
  const request = readCommandRequest(inputs);
  return { request, warnings: [...unknown, ...warnOfUnusedInputs(inputs, request)] };
}

function readCommandRequest(inputs: Inputs): ActionRequest {
  const { command } = inputs;
  switch (command) {
    case 'deliver': {
      const destination = readDestination(inputs);
      const source = readImageSource(inputs);
      const common = { ...{ destination, source }, ...readDeployParts(inputs, destination, source) };
      const orchestrator = readOrchestrator(inputs);
      if (orchestrator !== 'docker')
        return { command, orchestrator, ...common, options: readClusterDeployOptions(inputs, orchestrator) };
      const options = readDeployOptions(inputs, readComposeSource(inputs));
      return { command, orchestrator, ...common, options };
    }
    case 'build': {
      const source = readBuildImageSource(inputs);
      return {
        command,
        source,
        registry: readRegistryCredentials(inputs, source),
        compose: readComposeFiles(inputs),
      };
    }
    case 'deploy': {
      const destination = readDestination(inputs);
      const source = readExistingImageSource(inputs);
      const common = { ...{ destination, source }, ...readDeployParts(inputs, destination, source) };
      const orchestrator = readOrchestrator(inputs);
      if (orchestrator !== 'docker')
        return { command, orchestrator, ...common, options: readClusterDeployOptions(inputs, orchestrator) };
      const options = readDeployOptions(inputs, readComposeSource(inputs));
      return { command, orchestrator, ...common, options };
    }
    case 'rollback': {
      const destination = readDestination(inputs);
      const common = {
        destination,
        gate: readGateOptions(inputs, destination.environment),
        to: readRollbackTo(inputs),
        healthTimeout:
          inputs.text('health-timeout') === undefined ? undefined : inputs.duration('health-timeout'),
        registry: readRegistryCredentials(inputs, undefined),
      };
      const orchestrator = readOrchestrator(inputs);
      return orchestrator === 'docker'
        ? { command, orchestrator, ...common, options: readRolloutOptions(inputs) }
        : { command, orchestrator, ...common, options: readClusterOptions(inputs, orchestrator) };
    }
    case 'status': {
      const destination = readDestination(inputs);
      return { command, orchestrator: readOrchestrator(inputs), destination };
    }
    case 'remove': {
      const destination = readDestination(inputs);
      const dryRun = inputs.flag('dry-run');
      requireConfirmation(inputs, destination.environment, dryRun);
      const gate = readGateOptions(inputs, destination.environment);
      return {
        ...{ command, destination, gate, dryRun },
        removeVolumes: inputs.flag('remove-volumes'),
        lockTimeout: inputs.duration('lock-timeout', 0),
      };
    }
    case 'gate': {
      const environment = readEnvironment(inputs);
      return { command, environment, gate: readGateOptions(inputs, environment) };
    }
  }
}

/** What all deploys have beside their options. */
const readDeployParts = (inputs: Inputs, { environment }: Destination, source: ImageSource) => ({
  registry: readRegistryCredentials(inputs, source),
  gate: readGateOptions(inputs, environment),
  allowDowngrade: inputs.flag('allow-downgrade'),
});

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
