import type {
  ActionRequest,
  Command,
  DeliverRequest,
  DeploymentTarget,
  DeployRequest,
} from '../model/request.ts';
import { readAccess, readHosts } from './access.ts';
import { readComposeFiles, readComposeSource, unusedMinimalInputs } from './compose.ts';
import { readBuildImageSource, readExistingImageSource, readImageSource } from './image.ts';
import { checkApp, checkEnvironment, checkProjectLength, defaultAppName } from './names.ts';
import { readDeployOptions, readRollbackTo, readRolloutOptions } from './options.ts';
import { Inputs } from './reader.ts';
import { readRegistryCredentials } from './registry.ts';
import { maskSecrets } from './secrets.ts';
import { warnOfUnknownInputs } from './unknown-inputs.ts';

/** A request that can be carried out, and what the user should know about the inputs all the same. */
export interface RequestWithWarnings {
  readonly request: ActionRequest;
  readonly warnings: readonly string[];
}

/**
 * Reads the inputs of an action, once, and checks all that can be known without asking anybody. Secrets are masked
 * first. Paths are looked for in the current folder, which is the checkout.
 *
 * @throws ConfigurationError for the first input that can't be used, naming it and what to do.
 */
export function readRequest(command: Command): RequestWithWarnings {
  maskSecrets(command);
  const unknown = warnOfUnknownInputs(command);
  const inputs = new Inputs(command);
  const request = readCommandRequest(inputs);
  return { request, warnings: [...unknown, ...unusedInputs(inputs, request)] };
}

function readCommandRequest(inputs: Inputs): ActionRequest {
  switch (inputs.command) {
    case 'deliver':
      return {
        command: 'deliver',
        target: readDeploymentTarget(inputs),
        source: readImageSource(inputs),
        registry: readRegistryCredentials(inputs),
        options: readDeployOptions(inputs, readComposeSource(inputs)),
      };
    case 'build':
      return {
        command: 'build',
        source: readBuildImageSource(inputs),
        registry: readRegistryCredentials(inputs),
        compose: readComposeFiles(inputs),
      };
    case 'deploy':
      return {
        command: 'deploy',
        target: readDeploymentTarget(inputs),
        source: readExistingImageSource(inputs),
        registry: readRegistryCredentials(inputs),
        options: readDeployOptions(inputs, readComposeSource(inputs)),
      };
    case 'rollback':
      return {
        command: 'rollback',
        target: readDeploymentTarget(inputs),
        to: readRollbackTo(inputs),
        healthTimeout: inputs.optionalDuration('health-timeout'),
        registry: readRegistryCredentials(inputs),
        options: readRolloutOptions(inputs),
      };
    case 'status':
      return { command: 'status', target: readDeploymentTarget(inputs) };
  }
}

/** What to deliver to, and where that is. */
function readDeploymentTarget(inputs: Inputs): DeploymentTarget {
  const buildOnly = inputs.command === 'deliver' ? ' To build and push only, use the action in build/.' : '';
  const environment = checkEnvironment(
    inputs.required('environment', `Name the environment: staging, production.${buildOnly}`),
  );
  inputs.required('hosts', `List the hosts of ${environment}, one a line: ssh://user@host.${buildOnly}`);
  const given = inputs.text('app');
  const app = given === undefined ? defaultAppName(process.env['GITHUB_REPOSITORY'] ?? '') : checkApp(given);
  checkProjectLength(app, environment);
  const hosts = readHosts(inputs);
  return { app, environment, hosts, access: readAccess(inputs, hosts) };
}

/** Inputs that are right and have no effect, because another one says otherwise. */
function unusedInputs(inputs: Inputs, request: ActionRequest): readonly string[] {
  if (request.command !== 'deliver' && request.command !== 'deploy') return [];
  return [...unusedMinimalInputs(request.options.compose), ...unusedTestInput(inputs, request)];
}

function unusedTestInput(inputs: Inputs, request: DeliverRequest | DeployRequest): readonly string[] {
  if (
    request.command !== 'deliver' ||
    request.source.kind !== 'existing' ||
    inputs.text('test') === undefined
  )
    return [];
  return ['test: not run, because image names an image that is built already.'];
}
