import type { ImageSource } from '../model/image-source.ts';
import type {
  DeliverRequest,
  Orchestrator,
  Particulars,
  TargetCommand,
  TargetRequests,
} from '../model/request.ts';
import { readClusterDeployOptions, readClusterOptions } from './cluster.ts';
import { readComposeSource } from './compose.ts';
import { rejectVolumesOfSwarm, requireConfirmation } from './confirmation.ts';
import { readAppEnvironment, readDestination } from './destination.ts';
import { readGateOptions } from './gate.ts';
import { readExistingImageSource, readImageSource } from './image.ts';
import { readKubernetesDeployOptions, readKubernetesDestination, readPullSecret } from './kubernetes.ts';
import { readDeployOptions, readRollbackTo, readRolloutOptions } from './options.ts';
import type { Inputs } from './reader.ts';
import { readRegistryCredentials } from './registry.ts';
import { readSecretContents } from './secret-contents.ts';
import { readImageVerification } from './verify.ts';

/** The inputs that say another thing to each orchestrator, or that only one has. */
interface OwnInputs<Kind extends Orchestrator> {
  readonly destination: (inputs: Inputs) => Particulars[Kind]['destination'];
  readonly deployOptions: (inputs: Inputs) => Particulars[Kind]['deploy'];
  readonly rollbackOptions: (inputs: Inputs) => Particulars[Kind]['rollback'];
  readonly removeVolumes: (inputs: Inputs) => boolean;
}

type TargetReaders<Kind extends Orchestrator> = {
  readonly [Each in TargetCommand]: (inputs: Inputs) => TargetRequests<Kind>[Each];
};

type AllTargetReaders = { readonly [Kind in Orchestrator]: TargetReaders<Kind> };

const ORCHESTRATORS: readonly Orchestrator[] = ['docker', 'swarm', 'kubernetes'];

const TARGET_READERS: AllTargetReaders = {
  docker: readersFor('docker', {
    destination: readDestination,
    deployOptions: (inputs) => readDeployOptions(inputs, readComposeSource(inputs)),
    rollbackOptions: (inputs) => ({ secrets: readSecretContents(inputs), ...readRolloutOptions(inputs) }),
    removeVolumes: (inputs) => inputs.flag('remove-volumes'),
  }),
  swarm: readersFor('swarm', {
    destination: readDestination,
    deployOptions: readClusterDeployOptions,
    rollbackOptions: (inputs) => readClusterOptions(inputs, 'swarm'),
    removeVolumes: rejectVolumesOfSwarm,
  }),
  kubernetes: readersFor('kubernetes', {
    destination: readKubernetesDestination,
    deployOptions: readKubernetesDeployOptions,
    rollbackOptions: (inputs) => ({
      ...readClusterOptions(inputs, 'kubernetes'),
      pullSecret: readPullSecret(inputs),
    }),
    removeVolumes: (inputs) => inputs.flag('remove-volumes'),
  }),
};

/** How the commands read their inputs that are about an app where it runs. */
export const targetReaders = (inputs: Inputs): AllTargetReaders[Orchestrator] =>
  TARGET_READERS[inputs.choice('orchestrator', ORCHESTRATORS)];

function readersFor<Kind extends Orchestrator>(
  orchestrator: Kind,
  own: OwnInputs<Kind>,
): TargetReaders<Kind> {
  const readDelivery = (
    inputs: Inputs,
    command: 'deliver' | 'deploy',
    readSource: (inputs: Inputs) => ImageSource,
  ): DeliverRequest<Kind> => {
    const destination = own.destination(inputs);
    const source = readSource(inputs);
    return {
      ...{ command, orchestrator, destination, source },
      registry: readRegistryCredentials(inputs, source),
      token: inputs.text('github-token'),
      verification: readImageVerification(inputs, source),
      gate: readGateOptions(inputs, destination.environment),
      allowDowngrade: inputs.flag('allow-downgrade'),
      options: own.deployOptions(inputs),
    };
  };
  return {
    deliver: (inputs) => readDelivery(inputs, 'deliver', readImageSource),
    deploy: (inputs) => readDelivery(inputs, 'deploy', readExistingImageSource),
    rollback(inputs) {
      const destination = own.destination(inputs);
      return {
        ...{ command: 'rollback', orchestrator, destination },
        gate: readGateOptions(inputs, destination.environment),
        to: readRollbackTo(inputs),
        healthTimeout:
          inputs.text('health-timeout') === undefined ? undefined : inputs.duration('health-timeout'),
        registry: readRegistryCredentials(inputs, undefined),
        options: own.rollbackOptions(inputs),
      };
    },
    status: (inputs) => ({ command: 'status', orchestrator, destination: own.destination(inputs) }),
    remove(inputs) {
      const { environment } = readAppEnvironment(inputs);
      const dryRun = inputs.flag('dry-run');
      requireConfirmation(inputs, environment, dryRun);
      return {
        ...{ command: 'remove', orchestrator, dryRun },
        gate: readGateOptions(inputs, environment),
        lockTimeout: inputs.duration('lock-timeout', 0),
        destination: own.destination(inputs),
        removeVolumes: own.removeVolumes(inputs),
      };
    },
    unlock(inputs) {
      const destination = own.destination(inputs);
      return {
        ...{ command: 'unlock', orchestrator, destination },
        gate: readGateOptions(inputs, destination.environment),
        dryRun: inputs.flag('dry-run'),
      };
    },
  };
}
