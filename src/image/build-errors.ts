import type { CommandError } from '../model/errors.ts';
import { GITHUB_REGISTRY, loginAdvice } from '../model/registry.ts';

/** Classifies error texts of BuildKit, the engine and registries, as seen with buildx 0.29 and Engine 28.5. */

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
export function isBuildxUnusable(text: string): boolean {
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
  return registry === GITHUB_REGISTRY
    ? 'Give the job "permissions: packages: write", and this repository write access to the package (Package settings → Manage Actions access); or set "registry-username" and "registry-password".'
    : `Check that the login for ${registry} has write access. If there is none, ${loginAdvice(registry)}.`;
}
