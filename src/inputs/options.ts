import { ConfigurationError } from '../model/errors.ts';
import { isDigest, isTag, parseImageReference } from '../model/image.ts';
import type { ComposeSource, DeployOptions, RolloutOptions } from '../model/request.ts';
import { readCommandLines } from './command-lines.ts';
import { checkCertificate } from './pem.ts';
import type { Inputs } from './reader.ts';
import { readCanaryLimits, readStrategy, readWaves } from './strategy.ts';
import { readHttpUrl, readUrlCheck } from './url.ts';

/** RFC 3986: what may stand in a path and a query. */
const HEALTH_PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;

/**
 * Everything about a deploy beside what goes where.
 * @throws ConfigurationError also for what only the edge can do, with `edge: none`.
 */
export function readDeployOptions(inputs: Inputs, compose: ComposeSource): DeployOptions {
  const options = readUncheckedOptions(inputs, compose);
  if (options.edge === 'none') rejectEdgeFeatures(options);
  return options;
}

/** What only the edge can do. */
function rejectEdgeFeatures({ compose, healthPath, strategy }: DeployOptions): void {
  if (compose.domains.size > 0) {
    throw new ConfigurationError(
      'domains: with edge: none your own proxy serves them. Remove domains, or set edge: caddy.',
    );
  }
  if (strategy?.name === 'canary') {
    throw new ConfigurationError(
      `strategy: a canary's visitors are chosen by the edge, and there is none with edge: none. Choose blue-green or rolling, or set edge: caddy.`,
    );
  }
  if (healthPath !== undefined) {
    throw new ConfigurationError(
      'health-path: it is asked from the edge, and there is none with edge: none. Give the service a HEALTHCHECK, or set edge: caddy.',
    );
  }
}

function readUncheckedOptions(inputs: Inputs, compose: ComposeSource): DeployOptions {
  return {
    ...readRolloutOptions(inputs),
    compose,
    strategy: readStrategy(inputs),
    healthPath: readHealthPath(inputs),
    healthTimeout: inputs.duration('health-timeout'),
    keep: inputs.integer('keep', 1),
    bake: inputs.duration('bake', 0),
    limits: readCanaryLimits(inputs),
    force: inputs.flag('force'),
    accessories: inputs.choice('accessories', ['leave', 'update']) ?? 'leave',
    beforeRelease: readCommandLines(inputs, 'before-release'),
    afterRelease: readCommandLines(inputs, 'after-release'),
    edge: inputs.choice('edge', ['caddy', 'none']) ?? 'caddy',
    waves: readWaves(inputs),
  };
}

/** What a deploy and a rollback are told alike. */
export function readRolloutOptions(inputs: Inputs): RolloutOptions {
  return {
    drainTimeout: inputs.duration('drain-timeout'),
    url: readUrlCheck(inputs),
    dryRun: inputs.flag('dry-run'),
    edgeImage: readEdgeImage(inputs),
    acme: readAcme(inputs),
  };
}

/** What to roll back to. Whether there is such a release is known by the hosts alone. */
export function readRollbackTo(inputs: Inputs): string | undefined {
  const to = inputs.text('to');
  // Commit SHAs and release ids have the letters of a tag too.
  if (to === undefined || isTag(to) || isDigest(to)) return to;
  // The output "image" of an earlier run names its digest.
  if (to.includes('@')) return parseImageReference(to, 'to').digest;
  throw new ConfigurationError(
    `to: "${to}" is none of a release id, a commit SHA or its beginning, a tag without the repository, or a digest.`,
  );
}

function readHealthPath(inputs: Inputs): string | undefined {
  const path = inputs.text('health-path');
  if (path === undefined || HEALTH_PATH.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path. Write what comes after the host, beginning with "/": /up.`,
  );
}

function readEdgeImage(inputs: Inputs): string {
  const image = inputs.required('edge-image', 'Name an image of Caddy.');
  parseImageReference(image, 'edge-image');
  return image;
}

function readAcme(inputs: Inputs): RolloutOptions['acme'] {
  const email = inputs.text('acme-email');
  if (email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new ConfigurationError(`acme-email: "${email}" is not an email address.`);
  }
  const directory = inputs.text('acme-directory');
  const ca = inputs.text('acme-ca');
  if (ca !== undefined && directory === undefined) {
    throw new ConfigurationError(
      'acme-ca: there is no acme-directory that it could belong to. Set acme-directory.',
    );
  }
  return {
    directory: directory === undefined ? undefined : readHttpUrl('acme-directory', directory),
    email,
    ca: ca === undefined ? undefined : checkCertificate('acme-ca', ca),
  };
}
