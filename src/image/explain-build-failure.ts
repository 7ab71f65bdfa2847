import { isDiskFull } from '../engine/errors.ts';
import { ConfigurationError, SealiftError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace, checkoutQuestion, theRunner, thisRunner } from '../model/place-words.ts';
import { loginAdvice, registryOf } from '../model/registry.ts';
import { isAccessDenied, isTransient } from '../run/registry-errors.ts';
import { TransientError, waitRefusal } from '../run/retry.ts';
import { retryAfterInText } from '../run/retry-after.ts';
import {
  buildxAdvice,
  isBuildxUnusable,
  isEngineUnreachable,
  isRetryablePushError,
  pushAdvice,
} from './build-errors.ts';

const dockerfileAdvice = (): string =>
  `Set "${inputRef('file')}" to the Dockerfile's path, or "${inputRef('context')}" to its folder (in a Compose file: dockerfile: and context: below build:).`;
const otherBuilderAdvice = (): string =>
  byPlace(
    'Run docker/setup-buildx-action before this step: it creates a builder that can.',
    'Create one that can: docker buildx create --use.',
  );
const PROGRESS_SEPARATOR = /^-{4,}$/;
const DOCKER_PUSH = /^ > pushing (?<reference>\S+) with docker:$/;

type EvidenceOption = { readonly evidence: readonly string[] };

/** What the user can fix: a pattern for the error's text, and the message, in which `$<name>` is a group of the pattern. */
const configurationErrors = (): readonly (readonly [RegExp, string])[] => [
  [
    /Multi-platform build is not supported/i,
    `platforms: the builder can't build for several platforms. ${otherBuilderAdvice()}`,
  ],
  [/Attestation is not supported/i, `provenance, sbom: the builder can't attest. ${otherBuilderAdvice()}`],
  [
    /Cache export is not supported/i,
    `cache-to: the builder can't export its cache, except inline. ${otherBuilderAdvice()}`,
  ],
  [
    /failed to read dockerfile: open (?<name>[^:]+):/,
    `file: there is no $<name> in the context. ${dockerfileAdvice()}`,
  ],
  [
    /failed to read dockerfile: (?<reason>.*)/,
    `file: the Dockerfile can't be read: $<reason>. ${dockerfileAdvice()}`,
  ],
  [
    /unable to prepare context: path "(?<path>[^"]*)" not found/,
    `context: the folder $<path> does not exist. ${checkoutQuestion()}`,
  ],
  [
    /(?<stage>target stage "[^"]*") could not be found/,
    'target: $<stage> is not in the Dockerfile. Write the name after AS of one of its stages (FROM image AS name).',
  ],
  [
    /secret (?<id>\S+): not found/,
    'build-secrets: the Dockerfile needs the secret "$<id>", which is not set. Add a line $<id>=….',
  ],
  [
    /(?<entitlement>entitlement \S+ is not allowed.*)/,
    `The builder does not allow what the build needs: $<entitlement> Allow it ${byPlace('in docker/setup-buildx-action: buildkitd-flags:', 'where you create it: docker buildx create --buildkitd-flags')} --allow-insecure-entitlement ….`,
  ],
];

/**
 * Explains why a build failed. The text after the last `ERROR:` decides: a step of the Dockerfile may well print "503 Service
 * Unavailable", and is no registry. Only if such a step failed, its output counts as well.
 *
 * @param lines the last lines of output
 * @param pushed references that the build was to push; none if it was to push nothing
 * @returns a TransientError if another attempt can help
 */
export function explainBuildFailure(lines: readonly string[], pushed: readonly string[]): Error {
  const start = lines.findLastIndex((line) => line.startsWith('ERROR:'));
  const last = lines.slice(start < 0 ? -3 : start).join(' ');
  const text = last.replace(/^ERROR:\s*/, '');
  const options = { evidence: buildEvidenceOf(lines) };
  const reason = shortenBuildError(text);
  if (isBuildxUnusable(text)) return new ConfigurationError(buildxAdvice(), options);
  if (isEngineUnreachable(text))
    return new SealiftError(
      `No Docker engine answers on ${theRunner()}, so nothing can be built: ${reason}`,
      options,
    );
  const stepFailed = /did not complete successfully/.test(text);
  if ((stepFailed ? lines : [text]).some(isDiskFull))
    return new SealiftError(
      `The engine that builds has not enough disk space: ${reason} Free space${byPlace(' before this step', '')} (docker system df shows what uses it).`,
      options,
    );
  if (stepFailed) return explainStepFailure(lines, text, options);
  for (const [pattern, message] of configurationErrors()) {
    const found = pattern.exec(text);
    if (found === null || isTransient(text)) continue;
    const filled = message.replaceAll(/\$<(\w+)>/g, (_, name: string) => found.groups?.[name] ?? '');
    return new ConfigurationError(filled, options);
  }
  if (pushed.length > 0 && isPushFailure(lines, text))
    return explainPushFailure(lines, text, pushed, options);
  const base = /(?<image>\S+): failed to resolve source metadata/.exec(text)?.groups?.['image'];
  if (base !== undefined && !isTransient(text)) {
    return new ConfigurationError(
      isAccessDenied(text)
        ? `The registry refuses the base image ${base}. To log in, ${loginAdvice(registryOf(base))}. The registry answered: ${reason}`
        : `The base image ${base} was not found. Check its name and tag in the Dockerfile. The registry answered: ${reason}`,
      options,
    );
  }
  const error = new SealiftError(`The build failed: ${reason}`, options);
  return isTransient(text) ? new TransientError(error) : error;
}

function explainStepFailure(lines: readonly string[], text: string, options: EvidenceOption): Error {
  if (lines.some((line) => /exec format error/.test(line))) {
    return new ConfigurationError(
      `platforms: the build runs a program for another platform, which ${thisRunner()} can't do. ${byPlace('Run docker/setup-qemu-action before this step, or build on a runner of that platform', 'Install the emulator (docker run --privileged --rm tonistiigi/binfmt --install all), or build on a machine of that platform')}.`,
      options,
    );
  }
  const { command = '', end = 'an error' } =
    /process "(?:\/bin\/sh -c )?(?<command>.*)" did not complete successfully: (?<end>.*)$/.exec(text)
      ?.groups ?? {};
  return new SealiftError(`The build failed: RUN ${shortenBuildError(command)} ended with ${end}.`, options);
}

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
  options: EvidenceOption,
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
      `${registry} refuses the push of ${reference}. ${pushAdvice(registry)} The registry answered: ${reason}`,
      options,
    );
  }
  const wait = isRetryablePushError(text) ? retryAfterInText(text) : undefined;
  const error = new SealiftError(`Pushing ${reference} failed: ${reason}${waitRefusal(wait)}`, options);
  return isRetryablePushError(text) ? new TransientError(error, { wait }) : error;
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
