import { type CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import { registryOf } from '../model/image.ts';
import { TransientError } from './retry.ts';

/** Explains failures of BuildKit, the engine and registries. Their texts were seen with buildx 0.29 and Engine 28.5. */

const PROGRESS_SEPARATOR = /^-{4,}$/;
const ACCESS_DENIED =
  /unauthorized|authentication required|authorization failed|no basic auth credentials|access (?:to the resource is )?denied|\bdenied\b|forbidden|insufficient_scope|\b40[13]\b/i;
const TRANSIENT_ERROR =
  /\b(?:429|5\d\d) (?:Too Many|Internal|Bad Gateway|Service|Gateway|Insufficient)|\bHTTP status: (?:429|5\d\d)|toomanyrequests|too many requests|connection (?:reset|refused|timed out)|broken pipe|unexpected EOF|: EOF\b|i\/o timeout|TLS handshake timeout|context deadline exceeded|deadline exceeded|no such host|server misbehaving|temporary failure|network is unreachable|no route to host|http2: |stream error|use of closed network connection|Client\.Timeout/i;
const PERMANENT_ERROR =
  /not found|manifest invalid|name invalid|name unknown|invalid reference|must be lowercase|tag (?:is )?immutable|already exists|cannot be overwritten|quota|too large/i;
const ENGINE_UNREACHABLE =
  /Cannot connect to the Docker daemon|docker daemon is not running|(?:failed|trying) to connect to the docker (?:daemon|API)/i;

/** Whether a registry refuses access. */
export function isAccessDenied(text: string): boolean {
  return ACCESS_DENIED.test(text);
}

/** Whether the runner has no engine, or this job has no access to it. */
export function isEngineUnreachable(text: string): boolean {
  return ENGINE_UNREACHABLE.test(text);
}

/** Whether the network or a registry failed in a way that may soon be over. */
export function isTransient(text: string): boolean {
  return TRANSIENT_ERROR.test(text);
}

/** Whether a push may succeed later. Registries name their own failures in many ways, so only a known permanent one is not. */
export function isRetryablePushError(text: string): boolean {
  return isTransient(text) || !PERMANENT_ERROR.test(text);
}

/** Whether `docker` has no buildx, or one that is too old for an option. */
export function isBuildxMissing(text: string): boolean {
  return /unknown command: docker buildx|'buildx' is not a docker command|unknown (?:shorthand )?flag/.test(
    text,
  );
}

export const BUILDX_ADVICE =
  'docker buildx is not on this runner, or too old. Run docker/setup-buildx-action before this step.';

/** The last line of a program's stderr, without the prefixes of docker and buildx. */
export function lastStderrLine({ stderr }: CommandError): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return line.replace(/^(?:Error response from daemon|ERROR):\s*/, '');
}

/** Advice for a push that a registry refuses, as sentences. */
export function pushAdvice(registry: string): string {
  return registry === 'ghcr.io'
    ? 'Give the job "permissions: packages: write", and this repository write access to the package (Package settings → Manage Actions access); or set registry-username and registry-password.'
    : 'Check that registry-username and registry-password belong to an account with write access, or log in before this step.';
}

/** A pattern for the error's text, who must act, and the message from the pattern's groups and the shortened text. */
type Rule = readonly [
  pattern: RegExp,
  error: typeof ConfigurationError | typeof SealiftError,
  message: (reason: string, groups: Readonly<Record<string, string>>) => string,
];

const OTHER_BUILDER = 'Run docker/setup-buildx-action before this step: it creates a builder that can.';

const RULES: readonly Rule[] = [
  [
    /Multi-platform build is not supported/i,
    ConfigurationError,
    () => `platforms: the runner's builder can't build for several platforms. ${OTHER_BUILDER}`,
  ],
  [
    /Attestation is not supported/i,
    ConfigurationError,
    () => `provenance, sbom: the runner's builder can't attest. ${OTHER_BUILDER}`,
  ],
  [
    /Cache export is not supported/i,
    ConfigurationError,
    () => `cache-to: the runner's builder can't export its cache, except inline. ${OTHER_BUILDER}`,
  ],
  [
    ENGINE_UNREACHABLE,
    SealiftError,
    (reason) => `No Docker engine answers on the runner, so nothing can be built: ${reason}`,
  ],
  [
    /process "(?:\/bin\/sh -c )?(?<command>.*)" did not complete successfully: (?<end>.*)$/,
    SealiftError,
    (_, { command = '', end }) => `The build failed: RUN ${shortenBuildError(command)} ended with ${end}.`,
  ],
  [
    /failed to read dockerfile(?:.*?open (?<name>[^:]+):)?/,
    ConfigurationError,
    (_, { name = 'Dockerfile' }) =>
      `file: there is no ${name} in the context. Set "file" to the Dockerfile's path, or "context" to its folder (in a Compose file: dockerfile: and context: below build:).`,
  ],
  [
    /unable to prepare context: path "(?<path>[^"]*)" not found/,
    ConfigurationError,
    (_, { path }) => missingContextMessage(path ?? ''),
  ],
  [
    /(?<stage>target stage "[^"]*") could not be found/,
    ConfigurationError,
    (_, { stage }) => `target: ${stage} is not in the Dockerfile.`,
  ],
  [
    /secret (?<id>\S+): not found/,
    ConfigurationError,
    (_, { id }) =>
      `build-secrets: the Dockerfile needs the secret "${id}", which is not set. Add a line ${id}=….`,
  ],
  [
    /entitlement (?<name>\S+) is not allowed/,
    ConfigurationError,
    (reason) =>
      `The builder does not allow what the build needs: ${reason} Allow it in docker/setup-buildx-action: buildkitd-flags: --allow-insecure-entitlement ….`,
  ],
];

export function missingContextMessage(folder: string): string {
  return `context: the folder ${folder} does not exist. Does actions/checkout run before this step?`;
}

/**
 * Explains why a build failed. Only the text after the last `ERROR:` decides: a step of the Dockerfile may well print
 * "503 Service Unavailable", and is no registry.
 *
 * @param lines the last lines of output
 * @param pushed references that the build was to push; none if it was to push nothing
 * @returns a TransientError if another attempt can help
 */
export function explainBuildFailure(lines: readonly string[], pushed: readonly string[]): Error {
  const start = lines.findLastIndex((line) => line.startsWith('ERROR:'));
  const text =
    start < 0
      ? lines.slice(-3).join(' ')
      : lines
          .slice(start)
          .join(' ')
          .replace(/^ERROR:\s*/, '');
  const evidence = buildEvidenceOf(lines);
  const reason = shortenBuildError(text);
  if (isBuildxMissing(text)) return new ConfigurationError(BUILDX_ADVICE, { evidence });
  if (lines.some((line) => /no space left on device/i.test(line))) {
    return new SealiftError(
      `The disk of the engine that builds is full: ${reason} Free space before this step (docker system df shows what uses it).`,
      { evidence },
    );
  }
  if (/did not complete successfully/.test(text) && lines.some((line) => /exec format error/.test(line))) {
    return new ConfigurationError(
      "platforms: a step runs a program for another platform, which this runner can't do. Run docker/setup-qemu-action before this step, or build on a runner of that platform.",
      { evidence },
    );
  }
  for (const [pattern, BuildError, message] of RULES) {
    const found = pattern.exec(text);
    if (found !== null) return new BuildError(message(reason, found.groups ?? {}), { evidence });
  }
  if (pushed.length > 0 && isPushFailure(lines, text))
    return explainPushFailure(lines, text, pushed, evidence);
  const base = /(?<image>\S+): failed to resolve source metadata/.exec(text)?.groups?.['image'];
  if (base !== undefined && !isTransient(text)) {
    return new ConfigurationError(
      isAccessDenied(text)
        ? `The registry refuses the base image ${base}. Log in to ${registryOf(base)} before this step (docker/login-action). It answered: ${reason}`
        : `The base image ${base} was not found. The registry answered: ${reason}`,
      { evidence },
    );
  }
  const error = new SealiftError(`The build failed: ${reason}`, { evidence });
  return isTransient(text) ? new TransientError(error) : error;
}

const DOCKER_PUSH = /^ > pushing (?<reference>\S+) with docker:$/;

function isPushFailure(lines: readonly string[], text: string): boolean {
  return (
    /failed to push|error pushing|failed to copy.*push/i.test(text) ||
    lines.some((line) => DOCKER_PUSH.test(line))
  );
}

function explainPushFailure(
  lines: readonly string[],
  text: string,
  pushed: readonly string[],
  evidence: readonly string[],
): Error {
  const named = [
    /failed to push (?<reference>\S+):/.exec(text),
    ...lines.map((line) => DOCKER_PUSH.exec(line)),
  ];
  const reference = named.find((found) => found !== null)?.groups?.['reference'] ?? pushed.join(', ');
  const registry = registryOf(reference);
  const reason = shortenBuildError(text);
  if (isAccessDenied(text) && !isTransient(text)) {
    return new ConfigurationError(
      `${registry} refuses the push of ${reference}. ${pushAdvice(registry)} It answered: ${reason}`,
      { evidence },
    );
  }
  const error = new SealiftError(`Pushing ${reference} failed: ${reason}`, { evidence });
  return isRetryablePushError(text) ? new TransientError(error) : error;
}

/** The lines of the failed part if BuildKit shows them, else the last lines. */
function buildEvidenceOf(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex(
    (line, index) => PROGRESS_SEPARATOR.test(line) && lines[index + 1]?.startsWith(' > '),
  );
  return lines
    .slice(start < 0 ? -10 : start)
    .filter((line) => line.trim() !== '' && !PROGRESS_SEPARATOR.test(line))
    .slice(-20);
}

function shortenBuildError(text: string): string {
  const line = text
    .replaceAll(/\s+/g, ' ')
    .replace(/^(?:target \S+: )?(?:failed to build: )?(?:failed to solve: )?/, '')
    .trim();
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}
