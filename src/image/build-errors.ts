import { ConfigurationError, SealiftError } from '../model/errors.ts';
import { registryOf } from '../model/image.ts';

/** What BuildKit, the engine and registries say when something fails, told apart. Texts were seen with buildx 0.29, Engine 28.5. */

const PROGRESS_SEPARATOR = /^-{4,}$/;
const ACCESS_DENIED =
  /unauthorized|authentication required|authorization failed|no basic auth credentials|access (?:to the resource is )?denied|\bdenied\b|forbidden|insufficient_scope|\b40[13]\b/i;
const TRANSIENT_ERROR =
  /\b(?:429|5\d\d) (?:Too Many|Internal|Bad Gateway|Service|Gateway|Insufficient)|\bHTTP status: (?:429|5\d\d)|toomanyrequests|too many requests|connection (?:reset|refused|timed out)|broken pipe|unexpected EOF|: EOF\b|i\/o timeout|TLS handshake timeout|context deadline exceeded|deadline exceeded|no such host|server misbehaving|temporary failure|network is unreachable|no route to host|http2: |stream error|use of closed network connection|Client\.Timeout/i;
const PERMANENT_ERROR =
  /not found|manifest invalid|name invalid|name unknown|invalid reference|must be lowercase|tag (?:is )?immutable|already exists|cannot be overwritten|quota|too large/i;

/** Whether a registry says that whoever asks may not. */
export function isAccessDenied(text: string): boolean {
  return ACCESS_DENIED.test(text);
}

/** The runner has no engine, or does not let this job ask it. */
export function isEngineUnreachable(text: string): boolean {
  return /Cannot connect to the Docker daemon|docker daemon is not running|(?:failed|trying) to connect to the docker (?:daemon|API)/i.test(
    text,
  );
}

/** A fault of the network or of a registry that may be gone in a moment. */
export function isTransient(text: string): boolean {
  return TRANSIENT_ERROR.test(text);
}

export interface BuildFailure {
  readonly error: SealiftError;
  /** Whether trying again can help. */
  readonly retryable: boolean;
}

interface BuildAttempt {
  readonly repositories: readonly string[];
  /** Whether images were to be pushed in this solve. */
  readonly push: boolean;
}

/**
 * Explains why a build failed, from the last lines it printed. Only what follows the last `ERROR:` decides what it was: a
 * step of the Dockerfile may well print "503 Service Unavailable", and is no registry.
 */
export function explainBuildFailure(lines: readonly string[], attempt: BuildAttempt): BuildFailure {
  const at = lines.findLastIndex((line) => line.startsWith('ERROR:'));
  const last =
    at < 0
      ? lines.slice(-3).join(' ')
      : lines
          .slice(at)
          .join(' ')
          .replace(/^ERROR:\s*/, '');
  const evidence = buildEvidenceOf(lines);
  const configuration = (message: string): BuildFailure => ({
    error: new ConfigurationError(message, { evidence }),
    retryable: false,
  });
  const other = (message: string, retryable = false): BuildFailure => ({
    error: new SealiftError(message, { evidence }),
    retryable,
  });
  const reason = shortenBuildError(last);

  const unable = unsupportedByBuilder(last);
  if (unable !== undefined) return configuration(unable);
  if (
    /unknown command: docker buildx|'buildx' is not a docker command|unknown (?:shorthand )?flag/.test(last)
  ) {
    return configuration(
      'docker buildx is not on this runner, or too old. Run docker/setup-buildx-action before this step.',
    );
  }
  if (
    /Cannot connect to the Docker daemon|docker daemon is not running|failed to connect to the docker API/i.test(
      last,
    )
  ) {
    return other(`No Docker engine answers on the runner, so nothing can be built: ${reason}`);
  }
  if (lines.some((line) => /no space left on device/i.test(line))) {
    return other(
      `The disk of the engine that builds is full: ${reason} Free space before this step (docker system df shows what holds it).`,
    );
  }
  if (/did not complete successfully/.test(last))
    return explainStepFailure(lines, last, configuration, other);
  if (/failed to read dockerfile/.test(last)) {
    const name = /open (?<name>[^:]+):/.exec(last)?.groups?.['name'] ?? 'Dockerfile';
    return configuration(
      `file: there is no ${name} in the context. Set "file" to the Dockerfile's path, or "context" to its folder (in a Compose file: dockerfile: and context: below build:).`,
    );
  }
  if (/unable to prepare context: path "(?<path>[^"]*)" not found/.test(last)) {
    const path = /path "(?<path>[^"]*)"/.exec(last)?.groups?.['path'];
    return configuration(
      `context: the folder ${path} does not exist. Is actions/checkout run before this step?`,
    );
  }
  if (/target stage "[^"]*" could not be found/.test(last)) {
    return configuration(`target: ${/target stage "[^"]*"/.exec(last)?.[0]} is not in the Dockerfile.`);
  }
  const secret = /secret (?<id>\S+): not found/.exec(last)?.groups?.['id'];
  if (secret !== undefined) {
    return configuration(
      `build-secrets: the Dockerfile asks for the secret "${secret}", which is not given. Add a line ${secret}=….`,
    );
  }
  if (/entitlement (?<name>\S+) is not allowed/.test(last)) {
    return configuration(
      `The builder does not allow what the build asks for: ${reason} Allow it in docker/setup-buildx-action: buildkitd-flags: --allow-insecure-entitlement ….`,
    );
  }
  if (attempt.push && isPushFailure(lines, last)) return explainPushFailure(lines, last, attempt, evidence);
  const base = /(?<image>\S+): failed to resolve source metadata/.exec(last)?.groups?.['image'];
  if (base !== undefined && !isTransient(last)) {
    return isAccessDenied(last)
      ? configuration(
          `The registry refuses the base image ${base}. Log in to ${registryOf(base)} before this step (docker/login-action). It said: ${reason}`,
        )
      : configuration(`The base image ${base} was not found. It said: ${reason}`);
  }
  return other(`The build failed: ${reason}`, isTransient(last));
}

/** What a builder of another kind could do. */
function unsupportedByBuilder(last: string): string | undefined {
  const builder = 'Run docker/setup-buildx-action before this step, which makes a builder that can.';
  if (/Multi-platform build is not supported/i.test(last)) {
    return `platforms: the runner's builder can't build for several platforms. ${builder}`;
  }
  if (/Attestation is not supported/i.test(last)) {
    return `provenance, sbom: the runner's builder can't attest. ${builder}`;
  }
  if (/Cache export is not supported/i.test(last)) {
    return `cache-to: the runner's builder can't export its cache, except inline. ${builder}`;
  }
  return undefined;
}

function explainStepFailure(
  lines: readonly string[],
  last: string,
  configuration: (message: string) => BuildFailure,
  other: (message: string) => BuildFailure,
): BuildFailure {
  if (lines.some((line) => /exec format error/.test(line))) {
    return configuration(
      "platforms: a step was to run a program of another platform, which this runner can't. Run docker/setup-qemu-action before this step, or build on a runner of that platform.",
    );
  }
  const step = /process "(?<step>.*)" did not complete successfully: (?<how>.*)$/.exec(last)?.groups;
  const command = (step?.['step'] ?? '').replace(/^\/bin\/sh -c /, '');
  return other(
    `The build failed: RUN ${shortenBuildError(command)} ended with ${step?.['how'] ?? 'an error'}.`,
  );
}

function isPushFailure(lines: readonly string[], last: string): boolean {
  return (
    /failed to push|error pushing|failed to copy.*push/i.test(last) ||
    lines.some((line) => /^ > pushing .* with docker:$/.test(line))
  );
}

/** Whatever is not known to last: registries say a fault of theirs in many ways, often without its number. */
export function isRetryablePushError(text: string): boolean {
  return isTransient(text) || !PERMANENT_ERROR.test(text);
}

function explainPushFailure(
  lines: readonly string[],
  last: string,
  attempt: BuildAttempt,
  evidence: readonly string[],
): BuildFailure {
  const named = /failed to push (?<ref>\S+):/.exec(last)?.groups?.['ref'];
  const docker = lines
    .map((line) => /^ > pushing (?<ref>\S+) with docker:$/.exec(line)?.groups?.['ref'])
    .find((ref) => ref !== undefined);
  const reference = named ?? docker ?? attempt.repositories.join(', ');
  const registry = registryOf(reference);
  const reason = shortenBuildError(last);
  if (isAccessDenied(last) && !isTransient(last)) {
    return {
      retryable: false,
      error: new ConfigurationError(
        `${registry} refuses the push of ${reference}. ${pushAdvice(registry)} It said: ${reason}`,
        { evidence },
      ),
    };
  }
  const retryable = isRetryablePushError(last);
  return { retryable, error: new SealiftError(`Pushing ${reference} failed: ${reason}`, { evidence }) };
}

/** What to change when a registry refuses a push, as sentences. */
export function pushAdvice(registry: string): string {
  return registry === 'ghcr.io'
    ? 'Give the job "permissions: packages: write", and this repository write access to the package (Package settings → Manage Actions access); or set registry-username and registry-password.'
    : 'Check that registry-username and registry-password are of an account that may write there, or log in before this step.';
}

/** The failed part's own lines if BuildKit shows them, else the last ones. */
function buildEvidenceOf(lines: readonly string[]): readonly string[] {
  const from = lines.findIndex(
    (line, index) => PROGRESS_SEPARATOR.test(line) && lines[index + 1]?.startsWith(' > '),
  );
  return lines
    .slice(from < 0 ? -10 : from)
    .filter((line) => line.trim() !== '' && !PROGRESS_SEPARATOR.test(line))
    .slice(-20);
}

function shortenBuildError(text: string): string {
  const one = text
    .replaceAll(/\s+/g, ' ')
    .replace(/^(?:target \S+: )?(?:failed to build: )?(?:failed to solve: )?/, '')
    .trim();
  return one.length > 400 ? `${one.slice(0, 400)}…` : one;
}
