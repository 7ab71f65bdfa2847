import { readAccess, readHosts } from './inputs/access.ts';
import { readComposeFiles, readComposeSource, unusedMinimal } from './inputs/compose.ts';
import { readBuildSource, readGivenSource, readSource } from './inputs/image.ts';
import { appOf, checkApp, checkEnvironment, checkLength } from './inputs/names.ts';
import { readDeployOptions, readSwitchOptions, readTo } from './inputs/options.ts';
import { Inputs } from './inputs/reader.ts';
import { readRegistry } from './inputs/registry.ts';
import { maskSecrets } from './inputs/secrets.ts';
import { unknownInputs } from './inputs/unknown.ts';
import type { Command, DeliverRequest, DeployRequest, Request, Target } from './model/request.ts';

/** A request that can be carried out, and what the user should know about the inputs all the same. */
export interface Reading {
  readonly request: Request;
  readonly warnings: readonly string[];
}

/**
 * Reads the inputs of an action, once, and checks all that can be known without asking anybody. Secrets are masked
 * first. Paths are looked for in the current folder, which is the checkout.
 *
 * @throws ConfigurationError for the first input that can't be used, naming it and what to do.
 */
export function readRequest(command: Command): Reading {
  maskSecrets(command);
  const unknown = unknownInputs(command);
  const inputs = new Inputs(command);
  const request = readCommand(inputs);
  return { request, warnings: [...unknown, ...unusedInputs(inputs, request)] };
}

function readCommand(inputs: Inputs): Request {
  switch (inputs.command) {
    case 'deliver':
      return {
        command: 'deliver',
        target: readTarget(inputs),
        source: readSource(inputs),
        registry: readRegistry(inputs),
        options: readDeployOptions(inputs, readComposeSource(inputs)),
      };
    case 'build':
      return {
        command: 'build',
        source: readBuildSource(inputs),
        registry: readRegistry(inputs),
        compose: readComposeFiles(inputs),
      };
    case 'deploy':
      return {
        command: 'deploy',
        target: readTarget(inputs),
        source: readGivenSource(inputs),
        registry: readRegistry(inputs),
        options: readDeployOptions(inputs, readComposeSource(inputs)),
      };
    case 'rollback':
      return {
        command: 'rollback',
        target: readTarget(inputs),
        to: readTo(inputs),
        healthTimeout: inputs.optionalDuration('health-timeout'),
        registry: readRegistry(inputs),
        options: readSwitchOptions(inputs),
      };
    case 'status':
      return { command: 'status', target: readTarget(inputs) };
  }
}

/** What to deliver to, and where that is. */
function readTarget(inputs: Inputs): Target {
  const buildOnly = inputs.command === 'deliver' ? ' To build and push only, use the action in build/.' : '';
  const environment = checkEnvironment(
    inputs.required('environment', `Name the environment: staging, production.${buildOnly}`),
  );
  inputs.required('hosts', `List the hosts of ${environment}, one a line: ssh://user@host.${buildOnly}`);
  const given = inputs.text('app');
  const app = given === undefined ? appOf(process.env['GITHUB_REPOSITORY'] ?? '') : checkApp(given);
  checkLength(app, environment);
  const hosts = readHosts(inputs);
  return { app, environment, hosts, access: readAccess(inputs, hosts) };
}

/** Inputs that are right and have no effect, because another one says otherwise. */
function unusedInputs(inputs: Inputs, request: Request): readonly string[] {
  if (request.command !== 'deliver' && request.command !== 'deploy') return [];
  return [...unusedMinimal(request.options.compose), ...unusedTest(inputs, request)];
}

function unusedTest(inputs: Inputs, request: DeliverRequest | DeployRequest): readonly string[] {
  if (request.command !== 'deliver' || request.source.kind !== 'given' || inputs.text('test') === undefined)
    return [];
  return ['test: not run, because image names an image that is built already.'];
}
