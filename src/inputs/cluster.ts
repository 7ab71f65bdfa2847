import type { ClusterDeployOptions, ClusterOptions } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { type InputName, inputRef, inputSetting } from '../model/input-ref.ts';
import type { ClusterKind } from '../model/request.ts';
import { readCommandLines } from './command-lines.ts';
import { readComposeFiles, readComposeSource } from './compose.ts';
import type { Inputs } from './reader.ts';
import { readUrlCheck } from './url.ts';

type Advice = readonly (readonly [InputName, string])[];

/** Inputs for what every cluster does by itself, and what to do there in place of them. */
const OWN_WAY: Advice = [
  ['image-transfer', 'The nodes of a cluster pull from a registry, when they need to'],
  ['canary-max-errors', 'A cluster does not count its requests'],
  ['canary-max-latency-ratio', 'A cluster does not count its requests'],
  ['canary-min-requests', 'A cluster does not count its requests'],
  ['canary-too-few', 'A cluster does not count its requests'],
  ['secrets', 'The cluster keeps the secrets of each release'],
  ['edge', 'The cluster sends requests to the services'],
  ['proxy-protocol', 'The cluster sends requests to the services'],
  ['trusted-proxies', 'The cluster sends requests to the services'],
  ['edge-image', 'The cluster sends requests to the services'],
  ['tcp-edge-image', 'The cluster sends connections to the services'],
];

const swarmWay = (): Advice => [
  ['strategy', 'Write deploy.update_config in the Compose file'],
  ['canary', 'Write deploy.update_config in the Compose file'],
  ['canary-metrics', 'Write deploy.update_config in the Compose file'],
  ['bake', 'Write deploy.update_config.monitor in the Compose file'],
  ['max-parallel', 'Write deploy.update_config.parallelism in the Compose file'],
  ['health-host', 'Nothing asks the app but its HEALTHCHECK'],
  ['health-status', 'Nothing asks the app but its HEALTHCHECK'],
  ['health-path', 'Give the service a HEALTHCHECK'],
  ['network-range', 'The swarm takes addresses from its own pool (docker swarm init --default-addr-pool)'],
  ['adopt', 'Name the volumes in the Compose file, with external: true'],
  ['drain-timeout', 'Write stop_grace_period in the Compose file'],
  ['domains', 'Run a proxy as a service of the cluster'],
  ['acme-email', 'Run a proxy as a service of the cluster'],
  ['acme-directory', 'Run a proxy as a service of the cluster'],
  ['acme-ca', 'Run a proxy as a service of the cluster'],
  ['kubeconfig', `A swarm is reached through its managers: "${inputRef('hosts')}"`],
  ['kube-context', `A swarm is reached through its managers: "${inputRef('hosts')}"`],
  [
    'namespace',
    `The services of a swarm have the names of "${inputRef('app')}" and "${inputRef('environment')}"`,
  ],
  ['manifests', `A swarm runs a Compose file: "${inputRef('compose-file')}"`],
  ['pull-secret', `The swarm gets the login of "${inputRef('registry-username')}"`],
];

const kubernetesWay = (): Advice => [
  ['service', 'The manifests name the workloads'],
  ['hosts', `The cluster is that of "${inputRef('kubeconfig')}"`],
  ['known-hosts', 'The cluster is reached by its API'],
  ['max-parallel', 'Write strategy.rollingUpdate in the manifest'],
  ['health-host', 'Give the containers a readinessProbe'],
  ['health-status', 'Give the containers a readinessProbe'],
  ['health-path', 'Give the containers a readinessProbe'],
  ['network-range', 'The cluster has networks of its own'],
  ['drain-timeout', 'Write terminationGracePeriodSeconds and a preStop hook in the manifest'],
  ['domains', 'Write an Ingress or an HTTPRoute in the manifests'],
  ['acme-email', 'Write an Ingress or an HTTPRoute in the manifests'],
  ['acme-directory', 'Write an Ingress or an HTTPRoute in the manifests'],
  ['acme-ca', 'Write an Ingress or an HTTPRoute in the manifests'],
  ['port', 'Write a Service in the manifests'],
  ['volumes', 'Write volumes in the manifests'],
  ['accessories', 'Every object of the manifests belongs to the release'],
];

const clusterWay = (kind: ClusterKind): Advice => [
  ...OWN_WAY,
  ...(kind === 'swarm' ? swarmWay() : kubernetesWay()),
];

/** @throws ConfigurationError also for an option of single hosts */
export function readClusterDeployOptions(inputs: Inputs): ClusterDeployOptions {
  const services = readServices(inputs);
  const options = {
    ...readClusterOptions(inputs, 'swarm'),
    // Where no stack is deployed, a Compose file only names the images to build.
    compose:
      services.size === 0
        ? readComposeSource(inputs)
        : { ...readComposeFiles(inputs), port: undefined, volumes: [], domains: new Map() },
    healthTimeout: inputs.duration('health-timeout'),
    keep: inputs.integer('keep', 1),
    force: inputs.flag('force'),
    accessories: inputs.choice('accessories', ['leave', 'update']),
    beforeRelease: readCommandLines(inputs, 'before-release'),
    afterRelease: readCommandLines(inputs, 'after-release'),
    services,
  };
  if (options.services.size > 0 && options.beforeRelease.length + options.afterRelease.length > 0) {
    throw new ConfigurationError(
      `service: commands around a release need a stack. Remove "${inputRef('before-release')}" and "${inputRef('after-release')}", or deploy a Compose file in place of "${inputRef('service')}".`,
    );
  }
  return options;
}

/** A name as a swarm has it, and the image that it gets. */
const HAND_MADE_LINE = /^(?<name>[A-Za-z0-9][A-Za-z0-9_.-]*)(?:=(?<image>[A-Za-z0-9][A-Za-z0-9_.-]*))?$/;

function readServices(inputs: Inputs): ReadonlyMap<string, ServiceName | ''> {
  const services = new Map<string, ServiceName | ''>();
  for (const line of inputs.lines('service')) {
    const { name, image = '' } = HAND_MADE_LINE.exec(line)?.groups ?? {};
    if (name === undefined || services.has(name)) {
      const problem = name === undefined ? 'is not the name of a service' : 'names a service twice';
      throw new ConfigurationError(
        `service: "${line}" ${problem}. Write the name that "docker service ls" shows; with several images, name=service of the build.`,
      );
    }
    services.set(name, image);
  }
  return services;
}

/** The options that a deploy and a rollback share. */
export function readClusterOptions(inputs: Inputs, orchestrator: ClusterKind): ClusterOptions {
  rejectHostOptions(inputs, orchestrator);
  return {
    url: readUrlCheck(inputs),
    dryRun: inputs.flag('dry-run'),
    lockTimeout: inputs.duration('lock-timeout', 0),
  };
}

/** @throws ConfigurationError for an input that was given and could have no effect */
function rejectHostOptions(inputs: Inputs, orchestrator: ClusterKind): void {
  for (const [name, advice] of clusterWay(orchestrator)) {
    if (!inputs.has(name) || inputs.text(name) === (inputs.defaultOf(name) || undefined)) continue;
    throw new ConfigurationError(
      `${name}: it has no effect with ${inputSetting('orchestrator', orchestrator)}. ${advice}, and remove "${inputRef(name)}".`,
    );
  }
}
