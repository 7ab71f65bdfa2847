import type { AppEnvironment } from '../model/app-environment.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ImageSource } from '../model/image-source.ts';
import { inputRef } from '../model/input-ref.ts';
import type { KubernetesDestination } from '../model/kubernetes.ts';
import { briefLine, oneLine } from '../model/plain-text.ts';
import type { ActionRequest, Command, Destination, Requests } from '../model/request.ts';
import { githubVariables } from '../run/github-variables.ts';
import { readAccess, readHosts, readNetworkRange } from './access.ts';
import { readClusterDeployOptions, readClusterOptions, readOrchestrator } from './cluster.ts';
import { readComposeFiles, readComposeSource, unusedMinimalInputs } from './compose.ts';
import { rejectVolumesOfSwarm, requireConfirmation } from './confirmation.ts';
import { readExportOptions } from './export.ts';
import { readGateOptions } from './gate.ts';
import { readHealth } from './health.ts';
import { readBuildImageSource, readExistingImageSource, readImageSource } from './image.ts';
import { readKubernetesAccess, readKubernetesDeployOptions, readPullSecret } from './kubernetes.ts';
import { readLogsOptions } from './logs.ts';
import { checkApp, checkProjectLength, defaultAppName, parseEnvironment } from './names.ts';
import {
  readDeployCourse,
  readDeployOptions,
  readRollbackTo,
  readRolloutOptions,
  readRolloutTimes,
} from './options.ts';
import { Inputs } from './reader.ts';
import { readRegistryCredentials } from './registry.ts';
import { readSecretContents } from './secret-contents.ts';
import { maskSecrets } from './secrets.ts';
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
  deliver: (inputs) => readDeployment(inputs, 'deliver', readImageSource),
  deploy: (inputs) => readDeployment(inputs, 'deploy', readExistingImageSource),
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
  rollback(inputs) {
    const orchestrator = readOrchestrator(inputs);
    const { environment } = readAppEnvironment(inputs);
    const common = {
      command: 'rollback' as const,
      gate: readGateOptions(inputs, environment),
      to: readRollbackTo(inputs),
      healthTimeout:
        inputs.text('health-timeout') === undefined ? undefined : inputs.duration('health-timeout'),
      registry: readRegistryCredentials(inputs, undefined),
    };
    if (orchestrator === 'kubernetes') {
      const options = readClusterOptions(inputs, orchestrator);
      const destination = readKubernetesDestination(inputs);
      return { ...common, orchestrator, destination, options, pullSecret: readPullSecret(inputs) };
    }
    const destination = readDestination(inputs);
    return orchestrator === 'docker'
      ? {
          ...{ orchestrator, ...common, destination },
          ...{ secrets: readSecretContents(inputs), options: readRolloutOptions(inputs) },
        }
      : { orchestrator, ...common, destination, options: readClusterOptions(inputs, orchestrator) };
  },
  status(inputs) {
    const orchestrator = readOrchestrator(inputs);
    return orchestrator === 'kubernetes'
      ? { command: 'status', orchestrator, destination: readKubernetesDestination(inputs) }
      : { command: 'status', orchestrator, destination: readDestination(inputs) };
  },
  remove(inputs) {
    const orchestrator = readOrchestrator(inputs);
    const { environment } = readAppEnvironment(inputs);
    const dryRun = inputs.flag('dry-run');
    requireConfirmation(inputs, environment, dryRun);
    const common = {
      ...{ command: 'remove' as const, gate: readGateOptions(inputs, environment), dryRun },
      lockTimeout: inputs.duration('lock-timeout', 0),
    };
    const removeVolumes = inputs.flag('remove-volumes');
    if (orchestrator === 'kubernetes')
      return { ...common, orchestrator, destination: readKubernetesDestination(inputs), removeVolumes };
    const destination = readDestination(inputs);
    if (orchestrator === 'swarm') {
      rejectVolumesOfSwarm(removeVolumes);
      return { ...common, orchestrator, destination, removeVolumes: false };
    }
    return { ...common, orchestrator, destination, removeVolumes };
  },
  unlock(inputs) {
    const orchestrator = readOrchestrator(inputs);
    const { environment } = readAppEnvironment(inputs);
    const common = {
      command: 'unlock' as const,
      gate: readGateOptions(inputs, environment),
      dryRun: inputs.flag('dry-run'),
    };
    return orchestrator === 'kubernetes'
      ? { ...common, orchestrator, destination: readKubernetesDestination(inputs) }
      : { ...common, orchestrator, destination: readDestination(inputs) };
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

/** The request of the main action, or that of `deploy`. */
function readDeployment<Name extends 'deliver' | 'deploy', Source extends ImageSource>(
  inputs: Inputs,
  command: Name,
  readSource: (inputs: Inputs) => Source,
) {
  const orchestrator = readOrchestrator(inputs);
  const { environment } = readAppEnvironment(inputs);
  const destination = orchestrator === 'kubernetes' ? undefined : readDestination(inputs);
  const source = readSource(inputs);
  const common = {
    command,
    source,
    registry: readRegistryCredentials(inputs, source),
    token: inputs.text('github-token'),
    verification: readImageVerification(inputs, source),
    gate: readGateOptions(inputs, environment),
    allowDowngrade: inputs.flag('allow-downgrade'),
  };
  if (orchestrator === 'kubernetes' || destination === undefined) {
    const options = readKubernetesDeployOptions(inputs);
    return {
      ...common,
      ...{ orchestrator: 'kubernetes' as const, destination: readKubernetesDestination(inputs), options },
    };
  }
  return orchestrator === 'docker'
    ? { ...common, destination, orchestrator, options: readDeployOptions(inputs, readComposeSource(inputs)) }
    : { ...common, destination, orchestrator, options: readClusterDeployOptions(inputs) };
}

const readKubernetesDestination = (inputs: Inputs): KubernetesDestination => ({
  ...readAppEnvironment(inputs),
  access: readKubernetesAccess(inputs),
});

function readDestination(inputs: Inputs): Destination {
  const { app, environment } = readAppEnvironment(inputs);
  inputs.required(
    'hosts',
    `List the hosts of ${environment}, one per line: ssh://user@host.${buildOnlyAdvice(inputs)}`,
  );
  const hosts = readHosts(inputs);
  return {
    app,
    environment,
    hosts,
    access: readAccess(inputs, hosts),
    networkRange: inputs.has('network-range') ? readNetworkRange(inputs) : undefined,
  };
}

const buildOnlyAdvice = ({ command }: Inputs): string =>
  command === 'deliver' ? ' To build and push only, use the action in build/.' : '';

function readAppEnvironment(inputs: Inputs): AppEnvironment {
  const environment = readEnvironment(inputs, buildOnlyAdvice(inputs));
  const appInput = inputs.text('app');
  const app =
    appInput === undefined ? defaultAppName(githubVariables().repository ?? '') : checkApp(appInput);
  checkProjectLength(app, environment);
  return { app, environment };
}

const readEnvironment = (inputs: Inputs, advice = ''): string =>
  parseEnvironment(
    inputs.required('environment', `Name the environment, such as staging or production.${advice}`),
  );

/** Warnings about valid inputs that have no effect because of another input. */
function warnOfUnusedInputs(inputs: Inputs, request: ActionRequest): readonly string[] {
  if (request.command === 'export') return unusedMinimalInputs(request.compose);
  if (request.command !== 'deliver' && request.command !== 'deploy') return [];
  const warnings = request.orchestrator === 'kubernetes' ? [] : unusedMinimalInputs(request.options.compose);
  const testUnused =
    request.command === 'deliver' && request.source.kind === 'existing' && inputs.text('test') !== undefined;
  return testUnused
    ? [...warnings, `test: not run, because "${inputRef('image')}" names an image that is already built.`]
    : warnings;
}
