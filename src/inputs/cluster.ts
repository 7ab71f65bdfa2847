import type { ClusterDeployOptions, ClusterOptions } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ClusterKind, Orchestrator } from '../model/request.ts';
import { readCommandLines } from './command-lines.ts';
import { readComposeSource } from './compose.ts';
import type { InputName } from './declared-inputs.ts';
import type { Inputs } from './reader.ts';
import { readUrlCheck } from './url.ts';

const ORCHESTRATORS: readonly Orchestrator[] = ['docker', 'swarm'];

/** Inputs for what a cluster does by itself, and what to do there in place of them. */
const OWN_WAY: readonly (readonly [InputName, string])[] = [
  ['strategy', 'Write deploy.update_config in the Compose file'],
  ['canary', 'Write deploy.update_config in the Compose file'],
  ['canary-max-errors', 'A cluster has no canary'],
  ['canary-max-latency-ratio', 'A cluster has no canary'],
  ['canary-min-requests', 'A cluster has no canary'],
  ['canary-too-few', 'A cluster has no canary'],
  ['bake', 'Write deploy.update_config.monitor in the Compose file'],
  ['max-parallel', 'Write deploy.update_config.parallelism in the Compose file'],
  ['edge', 'The cluster sends requests to the services'],
  ['proxy-protocol', 'The cluster sends requests to the services'],
  ['trusted-proxies', 'The cluster sends requests to the services'],
  ['edge-image', 'The cluster sends requests to the services'],
  ['health-host', 'Nothing asks the app but its HEALTHCHECK'],
  ['health-status', 'Nothing asks the app but its HEALTHCHECK'],
  ['network-range', 'The swarm takes addresses from its own pool (docker swarm init --default-addr-pool)'],
  ['health-path', 'Give the service a HEALTHCHECK'],
  ['adopt', 'Name the volumes in the Compose file, with external: true'],
  ['drain-timeout', 'Write stop_grace_period in the Compose file'],
  ['domains', 'Run a proxy as a service of the cluster'],
  ['acme-email', 'Run a proxy as a service of the cluster'],
  ['acme-directory', 'Run a proxy as a service of the cluster'],
  ['acme-ca', 'Run a proxy as a service of the cluster'],
];

/** What runs the containers. */
export const readOrchestrator = (inputs: Inputs): Orchestrator =>
  inputs.choice('orchestrator', ORCHESTRATORS);

/** @throws ConfigurationError also for an option of single hosts */
export function readClusterDeployOptions(inputs: Inputs, orchestrator: ClusterKind): ClusterDeployOptions {
  return {
    ...readClusterOptions(inputs, orchestrator),
    compose: readComposeSource(inputs),
    healthTimeout: inputs.duration('health-timeout'),
    keep: inputs.integer('keep', 1),
    force: inputs.flag('force'),
    accessories: inputs.choice('accessories', ['leave', 'update']),
    beforeRelease: readCommandLines(inputs, 'before-release'),
    afterRelease: readCommandLines(inputs, 'after-release'),
  };
}

/** The options that a deploy and a rollback share. */
export function readClusterOptions(inputs: Inputs, orchestrator: ClusterKind): ClusterOptions {
  rejectHostOptions(inputs, orchestrator);
  return { url: readUrlCheck(inputs), dryRun: inputs.flag('dry-run') };
}

/** @throws ConfigurationError for an input that was given and could have no effect */
function rejectHostOptions(inputs: Inputs, orchestrator: ClusterKind): void {
  for (const [name, advice] of OWN_WAY) {
    if (!inputs.has(name) || inputs.text(name) === (inputs.defaultOf(name) || undefined)) continue;
    throw new ConfigurationError(
      `${name}: it has no effect with orchestrator: ${orchestrator}. ${advice}, and remove "${name}".`,
    );
  }
}
