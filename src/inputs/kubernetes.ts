import { existsSync, statSync } from 'node:fs';
import type { KubernetesDeployOptions, KubernetesTraffic, MetricsQuery } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import type { KubernetesAccess, KubernetesDestination, ManifestSource } from '../model/kubernetes.ts';
import { byPlace } from '../model/place-words.ts';
import { readClusterOptions } from './cluster.ts';
import { readCommandLines } from './command-lines.ts';
import { readComposeFiles } from './compose.ts';
import { readAppEnvironment } from './destination.ts';
import type { Inputs } from './reader.ts';
import { readStrategy } from './strategy.ts';

/** RFC 1123, as Kubernetes names namespaces. */
const LABEL_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** As Kubernetes names secrets. */
const OBJECT_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

export const readKubernetesDestination = (inputs: Inputs): KubernetesDestination => ({
  ...readAppEnvironment(inputs),
  access: readKubernetesAccess(inputs),
});

/** How the cluster is reached. */
function readKubernetesAccess(inputs: Inputs): KubernetesAccess {
  const kubeconfig = inputs.text('kubeconfig');
  if (kubeconfig !== undefined && !kubeconfig.includes('\n') && existsSync(kubeconfig)) {
    throw new ConfigurationError(
      `kubeconfig: "${kubeconfig}" is a path, but the input takes the text of the file. Set the variable KUBECONFIG${byPlace(' of this step', '')} to the path, and leave the input out.`,
    );
  }
  const namespace = inputs.text('namespace');
  if (namespace !== undefined && !LABEL_NAME.test(namespace)) {
    throw new ConfigurationError(
      `namespace: "${namespace}" is not the name of a namespace. Write lower-case letters, digits and "-", at most 63.`,
    );
  }
  return { kubeconfig, context: inputs.text('kube-context'), namespace };
}

/** @throws ConfigurationError also for an option of single hosts */
export function readKubernetesDeployOptions(inputs: Inputs): KubernetesDeployOptions {
  return {
    ...readClusterOptions(inputs, 'kubernetes'),
    compose: readComposeFiles(inputs),
    manifests: readManifests(inputs),
    pullSecret: readPullSecret(inputs),
    traffic: readKubernetesTraffic(inputs),
    adopt: inputs.text('adopt') === undefined ? false : inputs.flag('adopt'),
    healthTimeout: inputs.duration('health-timeout'),
    keep: inputs.integer('keep', 1),
    force: inputs.flag('force'),
    beforeRelease: readCommandLines(inputs, 'before-release'),
    afterRelease: readCommandLines(inputs, 'after-release'),
  };
}

/** @throws ConfigurationError for a strategy that a cluster does not have, and for what has no effect with the one that is chosen */
function readKubernetesTraffic(inputs: Inputs): KubernetesTraffic {
  const strategy = readStrategy(inputs) ?? { name: 'rolling' };
  const bake = inputs.duration('bake', 0);
  const metrics = inputs.lines('canary-metrics').map(parseMetricsQuery);
  if (strategy.name === 'recreate') {
    throw new ConfigurationError(
      `strategy: "recreate" is not possible with ${inputSetting('orchestrator', 'kubernetes')}. Write strategy: { type: Recreate } into the Deployment, and remove "${inputRef('strategy')}".`,
    );
  }
  if (strategy.name === 'canary') return { kind: 'canary', steps: strategy.steps, metrics, bake };
  if (metrics.length > 0) {
    throw new ConfigurationError(
      `canary-metrics: it has no effect with ${inputSetting('strategy', strategy.name)}. Set ${inputSetting('strategy', 'canary')}, or remove "${inputRef('canary-metrics')}".`,
    );
  }
  if (strategy.name === 'blue-green') return { kind: 'blue-green', bake };
  if (bake === 0) return { kind: 'rolling' };
  throw new ConfigurationError(
    `bake: it has no effect with ${inputSetting('strategy', 'rolling')} on Kubernetes. Write minReadySeconds in the manifest, or set ${inputSetting('strategy', 'blue-green')}.`,
  );
}

const METRICS_LINE =
  /^(?<namespace>[a-z0-9-]+)\/(?<service>[a-z0-9-]+):(?<port>[a-z0-9-]+)\s+(?<query>\S.*)$/;

function parseMetricsQuery(line: string): MetricsQuery {
  const { namespace, service, port, query } = METRICS_LINE.exec(line)?.groups ?? {};
  if (namespace !== undefined && service !== undefined && port !== undefined && query !== undefined)
    return { namespace, service, port, query };
  throw new ConfigurationError(
    `canary-metrics: "${line}" is not the Service of a Prometheus with a query. Write namespace/service:port and, after a space, a query that has a result only if the release must go back: monitoring/prometheus:9090 sum(rate(errors_total[1m])) > 1.`,
  );
}

/** Name of the secret with which the pods pull. */
export function readPullSecret(inputs: Inputs): string | undefined {
  const name = inputs.text('pull-secret');
  if (name === undefined || OBJECT_NAME.test(name)) return name;
  throw new ConfigurationError(
    `pull-secret: "${name}" is not the name of a Secret. Write lower-case letters, digits, "-" and ".", as in "registry".`,
  );
}

function readManifests(inputs: Inputs): readonly ManifestSource[] {
  const sources = inputs.lines('manifests').map((line): ManifestSource => {
    const [path = '', ...values] = line.split(/\s+/);
    return { path, values };
  });
  if (sources.length === 0) {
    throw new ConfigurationError(
      'manifests: missing. Name the manifests of the app, one per line: a file, a folder, a pattern such as k8s/*.yaml, a kustomization or a Helm chart.',
    );
  }
  for (const { path, values } of sources) {
    if (values.length > 0 && !existsSync(`${path}/Chart.yaml`)) {
      throw new ConfigurationError(
        `manifests: "${[path, ...values].join(' ')}" names several files, but only a Helm chart takes values files after it. Write one file per line.`,
      );
    }
    for (const file of values) requireFile(file);
    if (!/[*?[]/.test(path) && !existsSync(path)) throw missingManifest(path);
  }
  return sources;
}

function requireFile(path: string): void {
  if (!existsSync(path) || !statSync(path).isFile()) throw missingManifest(path);
}

const missingManifest = (path: string): ConfigurationError =>
  new ConfigurationError(
    `manifests: "${path}" is not in ${process.cwd()}. Is its name right, and ${byPlace('did actions/checkout run before this step', 'is this the folder of the checkout')}?`,
  );
