import type { CommandError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace, thisRunner } from '../model/place-words.ts';
import { GITHUB_REGISTRY, loginAdvice } from '../model/registry.ts';
import { isTransient } from '../run/registry-errors.ts';

/** Classifies error texts of BuildKit and the engine, as seen with buildx 0.29 and Engine 28.5. */

const PERMANENT_ERROR =
  /not found|manifest invalid|name invalid|name unknown|invalid reference|must be lowercase|tag (?:is )?immutable|already exists|cannot be overwritten|quota|too large/i;
const ENGINE_UNREACHABLE =
  /Cannot connect to the Docker daemon|docker daemon is not running|(?:failed|trying) to connect to the docker (?:daemon|API)/i;

/** Whether the runner has no engine, or this job has no access to it. */
export function isEngineUnreachable(text: string): boolean {
  return ENGINE_UNREACHABLE.test(text);
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

export const buildxAdvice = (): string =>
  `docker buildx is not on ${thisRunner()}, or too old. ${byPlace('Run docker/setup-buildx-action before this step', 'Install it: docs.docker.com/build')}.`;

/** The last line of a program's stderr, without the prefixes of docker and buildx. */
export function lastStderrLine({ stderr }: CommandError): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return line.replace(/^(?:Error response from daemon|ERROR):\s*/, '');
}

/** Advice for a push that a registry refuses, as sentences. */
export function pushAdvice(registry: string): string {
  return registry === GITHUB_REGISTRY
    ? `${byPlace('Give the job "permissions: packages: write", and this repository write access to the package (Package settings → Manage Actions access); or set', 'Set')} "${inputRef('registry-username')}" and "${inputRef('registry-password')}"${byPlace('', ' to a token that may write packages')}.`
    : `Check that the login for ${registry} has write access. If there is none, ${loginAdvice(registry)}.`;
}
