import type {
  ComposeSource,
  DeployCourse,
  DeployOptions,
  EdgeImages,
  RolloutOptions,
} from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import { isDigest, isTag, parseImageReference } from '../model/image.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import { checkProxyProtocol } from '../model/route.ts';
import { checkCertificate } from './access.ts';
import { readCommandLines } from './command-lines.ts';
import { readHealth } from './health.ts';
import type { Inputs } from './reader.ts';
import { readCanaryLimits, readStrategy, readWaves } from './strategy.ts';
import { readTrustedProxies } from './trusted-proxies.ts';
import { readHttpUrl, readUrlCheck } from './url.ts';

/**
 * All options of a deploy.
 * @throws ConfigurationError also for options that need the edge, with `edge: none`
 */
export function readDeployOptions(inputs: Inputs, compose: ComposeSource): DeployOptions {
  const options: DeployOptions = {
    ...readRolloutOptions(inputs),
    ...readDeployCourse(inputs),
    compose,
    health: readHealth(inputs),
    force: inputs.flag('force'),
    adopt: inputs.text('adopt') === undefined ? undefined : inputs.flag('adopt'),
    edge: inputs.choice('edge', ['caddy', 'none']),
  };
  rejectClusterInputs(inputs);
  if (options.edge === 'none') rejectEdgeFeatures(options);
  checkProxyProtocol(options.trustedProxies, compose.domains.size > 0);
  return options;
}

/** @throws ConfigurationError for what only a cluster has */
function rejectClusterInputs(inputs: Inputs): void {
  if (inputs.lines('canary-metrics').length > 0) {
    throw new ConfigurationError(
      `canary-metrics: it has no effect on a host, where the edge measures errors and latency itself ("${inputRef('canary-max-errors')}"). Remove it, or set ${inputSetting('orchestrator', 'kubernetes')}.`,
    );
  }
  if (inputs.lines('service').length > 0) {
    throw new ConfigurationError(
      `service: it names services of a swarm that were made by hand. Remove it, or set ${inputSetting('orchestrator', 'swarm')}.`,
    );
  }
}

/** What of a deploy says how it goes, and not what is deployed. */
export function readDeployCourse(inputs: Inputs): DeployCourse {
  return {
    strategy: readStrategy(inputs),
    keep: inputs.integer('keep', 1),
    bake: inputs.duration('bake', 0),
    limits: readCanaryLimits(inputs),
    accessories: inputs.choice('accessories', ['leave', 'update']),
    beforeRelease: readCommandLines(inputs, 'before-release'),
    afterRelease: readCommandLines(inputs, 'after-release'),
    trustedProxies: readTrustedProxies(inputs),
    waves: readWaves(inputs),
  };
}

function rejectEdgeFeatures({ compose, health, strategy, trustedProxies }: DeployOptions): void {
  const problem =
    compose.domains.size > 0
      ? `domains: with ${inputSetting('edge', 'none')}, your own proxy serves the domains. Remove ${inputRef('domains')}`
      : strategy?.name === 'canary'
        ? `strategy: with ${inputSetting('edge', 'none')}, no edge can select the visitors of a canary. Choose blue-green or rolling`
        : health.path !== undefined
          ? `health-path: with ${inputSetting('edge', 'none')}, no edge can request the path. Give the service a HEALTHCHECK`
          : health.host !== undefined
            ? `health-host: with ${inputSetting('edge', 'none')}, no edge asks the app. Remove ${inputRef('health-host')}`
            : trustedProxies !== undefined
              ? `trusted-proxies: with ${inputSetting('edge', 'none')}, your own proxy decides whom it trusts. Remove ${inputRef('trusted-proxies')}`
              : undefined;
  if (problem !== undefined)
    throw new ConfigurationError(`${problem}, or set ${inputSetting('edge', 'caddy')}.`);
}

/** The options that a deploy and a rollback share. */
export function readRolloutOptions(inputs: Inputs): RolloutOptions {
  return { ...readRolloutTimes(inputs), ...readEdgeImages(inputs) };
}

/** The images of an edge and of a TCP edge. */
export const readEdgeImages = (inputs: Inputs): EdgeImages => ({
  edgeImage: readEdgeImage(inputs, 'edge-image'),
  tcpEdgeImage: readEdgeImage(inputs, 'tcp-edge-image'),
});

/** The same without the images of the edge. */
export function readRolloutTimes(inputs: Inputs): Omit<RolloutOptions, keyof EdgeImages> {
  return {
    drainTimeout: inputs.duration('drain-timeout'),
    url: readUrlCheck(inputs),
    dryRun: inputs.flag('dry-run'),
    lockTimeout: inputs.duration('lock-timeout', 0),
    acme: readAcme(inputs),
  };
}

/** What to roll back to. Only the hosts know whether they have such a release. */
export function readRollbackTo(inputs: Inputs): string | undefined {
  const to = inputs.text('to');
  // A commit SHA and a release id are valid tags as well.
  if (to === undefined || isTag(to) || isDigest(to)) return to;
  // The output "image" of an earlier run contains its digest.
  if (to.includes('@')) return parseImageReference(to, 'to').digest;
  throw new ConfigurationError(
    `to: "${to}" names no release. Write a release id, a commit SHA or its beginning, a tag without the repository, or a digest.`,
  );
}

function readEdgeImage(inputs: Inputs, name: 'edge-image' | 'tcp-edge-image'): string {
  const image = inputs.required(name);
  parseImageReference(image, name);
  return image;
}

function readAcme(inputs: Inputs): RolloutOptions['acme'] {
  const email = inputs.text('acme-email');
  if (email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new ConfigurationError(
      `acme-email: "${email}" is not an email address. Write one, such as ops@example.com.`,
    );
  }
  const directory = inputs.text('acme-directory');
  const ca = inputs.text('acme-ca');
  if (ca !== undefined && directory === undefined) {
    throw new ConfigurationError(
      `acme-ca: it has no effect without "${inputRef('acme-directory')}". Set "${inputRef('acme-directory')}", or remove "${inputRef('acme-ca')}".`,
    );
  }
  return {
    directory: directory === undefined ? undefined : readHttpUrl('acme-directory', directory),
    email,
    ca: ca === undefined ? undefined : checkCertificate('acme-ca', ca),
  };
}
